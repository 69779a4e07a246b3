"""Can a farmer's disks be written to, and which programs are there? Tried out: a small file, made and removed."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import field

from reconciler.errand import login_of
from reconciler.inquiry import Login
from reconciler.noun import noun
from reconciler.spec.farmers import Archive

DEADLINE = 30.0
"""Seconds that a farmer has for it."""

CONTENT = b"a trial by plotman; may be removed\n"
HASHES = ("sha256sum", "shasum", "sha256", "openssl")

_SCRIPT = f"""
LC_ALL=C
export LC_ALL
probe=$1
shift
number=0
try() {{
    cd "$1" || return
    rm -f "./$probe" || return
    (set -C && echo trial >"./$probe") || return
    rm "./$probe"
}}
while [ $# -gt 1 ]; do
    place=$1
    [ -d "$place" ] || place=$2
    shift 2
    number=$((number + 1))
    if why=$( (try "$place") 2>&1 ); then
        why=
    elif [ -z "$why" ]; then
        why='it refused without a word'
    fi
    printf '%s %s\\n' "$number" "$(printf %s "$why" | tr '\\n' ' ')"
done
for tool in rsync {" ".join(HASHES)}; do
    command -v "$tool" >/dev/null 2>&1 && printf 'has %s\\n' "$tool"
done
exit 0
"""


@noun
class Probed:
    """wrong: why each target folder could not be written to, by its path; "": it could.

    has: the programs that are there; None: nobody can tell.
    """

    wrong: Mapping[str, str] = field(default_factory=dict)
    has: frozenset[str] | None = None


def probe_name(host: str) -> str:
    """What the file is called. host: this machine's name."""
    return f".plotman-probe.{host.replace('/', '_')}"


def probe(archive: Archive, targets: Sequence[str], name: str) -> Probed:
    """Try each target folder; one that is not there yet is tried on its disk. Raises FarmerError.

    Nothing is tried where nobody could remove the file again: by an rsync daemon alone, or a program.
    """
    login = login_of(archive)
    if archive.host is None and archive.transport.kind == "local":
        return Probed({target: _here(place, name) for target, place in _places(archive, targets).items()})
    if login is None:
        return Probed()
    return (
        _by_sftp(archive, login, targets, name)
        if archive.transport.kind == "sftp"
        else _by_shell(archive, login, targets, name)
    )


def disk_of(archive: Archive, target: str) -> str:
    """The disk of a target folder."""
    return target.removesuffix(f"/{archive.path}") if archive.path else target


def _places(archive: Archive, targets: Sequence[str]) -> Mapping[str, str]:
    return {target: target if os.path.isdir(target) else disk_of(archive, target) for target in targets}


def _here(folder: str, name: str) -> str:
    path = os.path.join(folder, name)
    try:
        with suppress(FileNotFoundError):
            os.unlink(path)
        with open(path, "xb") as file:
            file.write(CONTENT)
        os.unlink(path)
    except OSError as error:
        return (error.strerror or str(error)).lower()
    return ""


def _by_shell(archive: Archive, login: Login, targets: Sequence[str], name: str) -> Probed:
    from reconciler.remote.shell import Shell

    pairs = [path for target in targets for path in (target, disk_of(archive, target))]
    with Shell(login) as shell:
        ran = shell.run(_SCRIPT, name, *pairs, deadline=DEADLINE)
    told = dict(line.partition(" ")[::2] for line in ran.out.splitlines() if not line.startswith("has "))
    return Probed(
        {target: told.get(str(n), "it did not answer").strip() for n, target in enumerate(targets, 1)},
        frozenset(line.removeprefix("has ") for line in ran.out.splitlines() if line.startswith("has ")),
    )


def _by_sftp(archive: Archive, login: Login, targets: Sequence[str], name: str) -> Probed:
    from reconciler.remote.shell import Shell

    wrong: dict[str, str] = {}
    with Shell(login) as shell, closing(shell.sftp(deadline=DEADLINE)) as client:
        for target in targets:
            for folder in dict.fromkeys((target, disk_of(archive, target))):
                path = f"{folder.rstrip('/')}/{name}"
                try:
                    with suppress(FileNotFoundError):
                        client.remove(path)
                    with client.open(path, "wx") as file:
                        file.write(CONTENT)
                    client.remove(path)
                except OSError as error:
                    wrong[target] = (error.strerror or str(error)).lower()
                else:
                    wrong[target] = ""
                    break
    return Probed(wrong)
