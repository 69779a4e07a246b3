"""Real keys of people who sign, and of one who should not."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.sources.forge import Key


def _run(*argv: str, stdin: str = "", env: Mapping[str, str] | None = None) -> str:
    ran = subprocess.run(
        argv,
        input=stdin,
        capture_output=True,
        check=False,
        text=True,
        timeout=300,
        env={**os.environ, **(env or {})},
    )
    assert ran.returncode == 0, (argv, ran.stderr)
    return ran.stdout


@dataclass(frozen=True)
class Keys:
    """Every signer's key by name. folder: their public parts, as NAME.pub or NAME.asc."""

    folder: Path
    signers: Mapping[str, Key]

    def line(self, name: str, options: str = "") -> str:
        """A line of an allowed signers file."""
        kind, key = (self.folder / f"{name}.pub").read_text().split()[:2]
        return f"{name}@farm.lan {options} {kind} {key}\n"

    def armored(self, name: str) -> str:
        return (self.folder / f"{name}.asc").read_text()


def make(folder: Path, home: Path) -> Keys:
    """home: of GnuPG, with a path short enough for its agent's socket."""
    signers = {name: _ssh(folder, name, kind) for name, kind in _SSH.items()}
    gpg = {"GNUPGHOME": str(home)}
    for name, options in _GPG.items():
        user = f"{name} <{name}@farm.lan>"
        argv = ["gpg", "--batch", "--quiet", "--passphrase", "", *options]
        _run(*argv, "--quick-generate-key", user, "ed25519", "sign", *_LIFE.get(name, ("never",)), env=gpg)
        signers[name] = Key((f"user.signingkey={name}@farm.lan", *_program(folder, name, options)), gpg)
    found = _run("gpg", "--batch", "--with-colons", "--list-keys", "gone@farm.lan", env=gpg)
    print_ = next(line.split(":")[9] for line in found.splitlines() if line.startswith("fpr:"))
    revocation = (
        (home / "openpgp-revocs.d" / f"{print_}.rev").read_text().replace(":-----BEGIN", "-----BEGIN")
    )
    for name in _GPG:
        (folder / f"{name}.asc").write_text(_run("gpg", "--armor", "--export", f"{name}@farm.lan", env=gpg))
    # Those who trust the key know of its end; who signs with it does not.
    known = folder / "known"
    known.mkdir(mode=0o700)
    _run("gpg", "--homedir", str(known), "--batch", "--quiet", "--import", str(folder / "gone.asc"))
    _run("gpg", "--homedir", str(known), "--batch", "--quiet", "--import", stdin=revocation)
    (folder / "gone.asc").write_text(_run("gpg", "--homedir", str(known), "--armor", "--export"))
    return Keys(folder, signers)


_SSH = {"ann": "ed25519", "bob": "rsa", "eve": "ed25519"}
_GPG = {"carol": (), "gone": (), "mallory": (), "old": ("--faked-system-time", "20240101T000000!")}
_LIFE = {"old": ("1d",)}


def _ssh(folder: Path, name: str, kind: str) -> Key:
    path = folder / name
    _run("ssh-keygen", "-q", "-t", kind, "-N", "", "-C", name, "-f", str(path))
    return Key(("gpg.format=ssh", f"user.signingkey={path}"), {})


def _program(folder: Path, name: str, options: tuple[str, ...]) -> tuple[str, ...]:
    """A gpg that signs at that key's own time."""
    if not options:
        return ()
    script = folder / f"gpg-{name}"
    script.write_text(f'#!/bin/sh\nexec gpg {" ".join(options)} "$@"\n')
    script.chmod(0o755)
    return (f"gpg.program={script}",)
