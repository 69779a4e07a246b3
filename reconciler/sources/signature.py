"""Whose signature a revision carries, by git's own verification and keys that lie on this host.

Git is told which keys count, SSH and GPG: of the user's own keyring and of the repository it sees nothing.
SSH keys are judged at the signature's own time, within valid-after and valid-before of the signers file
(ssh-keygen(1), ALLOWED SIGNERS); GPG keys as they are now.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Sequence

from reconciler.errors import FarmerError
from reconciler.remote import tool
from reconciler.sources.command import LOCAL, complaint
from reconciler.sources.mirror import Met, Mirror
from reconciler.sources.refusal import Refused
from reconciler.sources.setting import Verify

_SSH_GOOD = re.compile(r'^Good "git" signature for (.+) with \S+ key (SHA256:\S+)', re.MULTILINE)
_GPG_GOOD = re.compile(r"^\[GNUPG:\] GOODSIG (\S+) (.*)", re.MULTILINE)

_WORDS = {
    "invalid format": "its signature cannot be read",
    "incorrect signature": "the signature does not fit its content",
    "BADSIG": "the signature does not fit its content",
    "EXPKEYSIG": "the key that signed it has expired",
    "REVKEYSIG": "the key that signed it has been revoked",
    "EXPSIG": "the signature has expired",
    "NO_PUBKEY": "it is signed with a GPG key that is not among gpg_keys",
    "key has expired": "it was signed after its key's valid-before in allowed_signers",
    "key is not yet valid": "it was signed before its key's valid-after in allowed_signers",
    "not permitted for use": "it is signed with a key that allowed_signers has for other namespaces than git",
    "No principal matched": "it is signed with an SSH key that is not among allowed_signers",
    # Of a revoked key ssh-keygen says no more than this.
    "Could not verify": "ssh-keygen refuses its key; is it among revoked_signers?",
}
"""What git and its helpers say, in plain words; the first that is found counts."""

_NO_AGENT = "no-autostart\ntrust-model always\nno-auto-key-locate\nno-auto-key-retrieve\nbatch\n"


def signer_of(mirror: Mirror, met: Met, verify: Verify, tag: str | None, state: str) -> str:
    """Who signed what was met, as the keys name them; of commit and tag the tag's.

    tag: the name of the tag that was asked for. state: a folder to prepare the keys in. Raises Refused.
    """
    for name, path in (
        ("allowed_signers", verify.allowed_signers),
        ("revoked_signers", verify.revoked_signers),
    ):
        if path is not None and not os.access(path, os.R_OK):
            raise Refused("unverified", f"{name} {path} cannot be read, so that nobody is trusted")
    home = os.path.join(state, "gnupg")
    _keyring(home, _armored(verify.gpg_keys))
    config = {
        "gpg.ssh.allowedSignersFile": verify.allowed_signers or "/dev/null",
        "gpg.ssh.revocationFile": verify.revoked_signers or "/dev/null",
    }
    try:
        signer = ""
        if verify.mode != "tag":
            signer = _verified(mirror, "commit", met.commit, config, home)
        if verify.mode != "head":
            if met.tag is None:
                raise Refused("unverified", f"tag {tag} is a lightweight one, which cannot be signed")
            _same(mirror, met, tag)
            signer = _verified(mirror, "tag", met.tag, config, home)
        return signer
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _verified(mirror: Mirror, kind: str, id: str, config: dict[str, str], home: str) -> str:
    """Who signed that very object. Raises Refused."""
    ran = mirror.git.ask(f"verify-{kind}", "--raw", id, config=config, env={"GNUPGHOME": home})
    if ran.code == 0:
        if match := _SSH_GOOD.search(ran.err):
            return f"{match[1]} {match[2]}"
        if match := _GPG_GOOD.search(ran.err):
            return f"{match[2]} {match[1]}"
    raise Refused("unverified", f"{kind} {id[:7]}: {_why(ran.err)}")


def _why(err: str) -> str:
    if not err.strip() or "no signature found" in err:
        return "it is not signed"
    for found, words in _WORDS.items():
        if found in err:
            return words
    return f"its signature cannot be verified: {complaint(err)}"


def _same(mirror: Mirror, met: Met, tag: str | None) -> None:
    """Raises Refused where the tag object is another tag's, or does not stand for this very commit."""
    head = mirror.git.tell("cat-file", "tag", met.tag or "").partition("\n\n")[0].splitlines()
    values = dict(line.partition(" ")[::2] for line in head[:4])
    if values.get("type") != "commit" or values.get("object") != met.commit:
        raise Refused("unverified", f"tag {tag} stands for another object, not for commit {met.commit[:7]}")
    if values.get("tag") != tag:
        raise Refused("unverified", f"tag {tag} was signed as {values.get('tag')!r}, not under its own name")


def _armored(keys: str | None) -> Sequence[str]:
    """The files that GPG keys are in. Raises Refused."""
    if keys is None:
        return ()
    try:
        if os.path.isdir(keys):
            return [os.path.join(keys, name) for name in sorted(os.listdir(keys)) if name.endswith(".asc")]
    except OSError as error:
        raise Refused("unverified", f"gpg_keys {keys} cannot be read: {error.strerror}") from None
    if not os.access(keys, os.R_OK):
        raise Refused("unverified", f"gpg_keys {keys} cannot be read, so that nobody is trusted")
    return (keys,)


def _keyring(home: str, files: Sequence[str]) -> None:
    """A GnuPG home with exactly these keys, made anew; also an empty one, so that the user's own is never asked."""
    shutil.rmtree(home, ignore_errors=True)
    os.makedirs(home, mode=0o700)
    with open(os.path.join(home, "gpg.conf"), "w", encoding="ascii") as conf:
        conf.write(_NO_AGENT)
    if not files:
        return
    try:
        ran = tool.run(
            ["gpg", "--homedir", home, "--quiet", "--import", "--", *files],
            deadline=LOCAL,
            env={"GNUPGHOME": None},
        )
    except FarmerError as error:
        raise Refused("unverified", f"the GPG keys cannot be read: {error}") from None
    if ran.code != 0:
        raise Refused(
            "unverified", f"the GPG keys in {', '.join(files)} cannot be read: {complaint(ran.err)}"
        )
