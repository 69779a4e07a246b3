"""Is a farmer who it says it is? Reads known_hosts files as sshd(8) describes them, and accepts nothing by itself.

paramiko's own reader knows no wildcards and no revoked keys, and only one key of each type for a host.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from reconciler.errors import FarmerError
from reconciler.noun import noun

PLAIN = 22
"""The port that is not written beside a name in known_hosts."""


@noun
class KnownKey:
    """One key that a file has for a host. where: file and line; revoked: never to be accepted."""

    kind: str
    blob: bytes
    where: str
    revoked: bool = False


def entry_name(host: str, port: int) -> str:
    """What a host is called in known_hosts."""
    return host.lower() if port == PLAIN else f"[{host.lower()}]:{port}"


def keys_of(name: str, files: Sequence[str]) -> tuple[KnownKey, ...]:
    """Every key that those files have for that name. Files and lines that cannot be read say nothing."""
    found: list[KnownKey] = []
    for path in files:
        try:
            with open(path, encoding="utf-8", errors="replace") as file:
                found += _parse(name, path, file)
        except OSError:
            continue
    return tuple(found)


def check(name: str, host: str, port: int, kind: str, blob: bytes, files: Sequence[str]) -> None:
    """Let pass the key that a host has shown. Raises FarmerError("host-key") for any but a known one."""
    known = keys_of(name, files)
    shown = f"{kind} {fingerprint(blob)}"
    same = [key for key in known if key.blob == blob]
    if revoked := [key for key in same if key.revoked]:
        raise FarmerError(
            "host-key", f"{name} shows the host key {shown}, which {revoked[0].where} has as revoked"
        )
    if same:
        return
    trusted = [key for key in known if not key.revoked]
    if trusted:
        had = ", ".join(f"{key.kind} {fingerprint(key.blob)} ({key.where})" for key in trusted)
        raise FarmerError(
            "host-key",
            f"{name} is not who it was: it shows the host key {shown}, where {had} is known. If it was "
            f"installed anew, remove the old key: ssh-keygen -R '{name}' -f {trusted[0].where.rpartition(':')[0]}",
        )
    place = "" if port == PLAIN else f"-p {port} "
    raise FarmerError(
        "host-key",
        f"{name} is not known: it shows the host key {shown}. Compare that with ssh-keygen -lf "
        f"/etc/ssh/ssh_host_{_short(kind)}_key.pub over there; if it is the same, accept it: "
        f"ssh-keyscan {place}{host} >> {files[0]}",
    )


def fingerprint(blob: bytes) -> str:
    """A key as ssh shows it."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


def _parse(name: str, path: str, lines: Iterable[str]) -> Iterable[KnownKey]:
    for number, line in enumerate(lines, 1):
        words = line.split()
        marker = words.pop(0) if words and words[0].startswith("@") else ""
        if len(words) < 3 or words[0].startswith("#") or marker not in ("", "@revoked"):
            continue
        if not _matches(name, words[0]):
            continue
        try:
            blob = base64.b64decode(words[2], validate=True)
        except ValueError:
            continue
        yield KnownKey(words[1], blob, f"{path}:{number}", marker == "@revoked")


def _matches(name: str, patterns: str) -> bool:
    """Hashed names (``|1|SALT|HMAC-SHA1``) and lists of patterns, where one with ! shuts out."""
    if patterns.startswith("|1|"):
        salt, _, digest = patterns[3:].partition("|")
        try:
            key, want = base64.b64decode(salt), base64.b64decode(digest)
        except ValueError:
            return False
        return hmac.compare_digest(hmac.digest(key, name.encode(), "sha1"), want)
    # Brackets are part of a name here, not a choice of letters.
    plain = [pattern.lower().replace("[", "[[]") for pattern in patterns.split(",")]
    if any(fnmatchcase(name, pattern[1:]) for pattern in plain if pattern.startswith("!")):
        return False
    return any(fnmatchcase(name, pattern) for pattern in plain)


def _short(kind: str) -> str:
    """A key's type as sshd's files are named."""
    kind = kind.removeprefix("sk-")
    return "ecdsa" if kind.startswith("ecdsa") else kind.split("@", maxsplit=1)[0].removeprefix("ssh-")
