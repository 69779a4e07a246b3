"""What transfers have left behind at a farmer: telling it apart from what may still become a plot, and removing it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing

from reconciler.errand import STALE, login_of
from reconciler.facts import Facts
from reconciler.farmer import Disk, Part
from reconciler.inquiry import Login
from reconciler.noun import noun
from reconciler.spec.farmers import Archive
from reconciler.state import Directory, Known
from reconciler.transports.names import part_name

DEADLINE = 60.0
"""Seconds that a farmer has for removing."""

CHANGED = "it has changed since it was looked at"

# FOLDER NAME SIZE STALE of each file; STALE is 1 where it must still be untouched for 6 hours, else 0.
_SCRIPT = f"""
LC_ALL=C
export LC_ALL
number=0
take() {{
    cd "$1" || return
    [ -f "./$2" ] && [ ! -L "./$2" ] || {{ echo 'it is not there any more'; return 1; }}
    size=$(ls -ldn "./$2" | awk 'NR == 1 {{ print $5 }}')
    [ "$size" = "$3" ] || {{ echo '{CHANGED}'; return 1; }}
    if [ "$4" = 1 ] && [ -z "$(find "./$2" -prune -mmin +{int(STALE / 60) - 1})" ]; then
        echo '{CHANGED}'
        return 1
    fi
    rm -f "./$2"
}}
while [ $# -gt 3 ]; do
    number=$((number + 1))
    if why=$( (take "$1" "$2" "$3" "$4") 2>&1 ); then
        printf '%s gone\\n' "$number"
    else
        printf '%s %s\\n' "$number" "$(printf %s "$why" | tr '\\n' ' ')"
    fi
    shift 4
done
"""


@noun(kw_only=True)
class Leftover:
    """One part file. age: seconds since its last change. why: it may be removed; kept: why not; None: it may."""

    folder: str
    name: str
    bytes: int
    host: str
    age: float
    why: str = ""
    kept: str | None = None

    @property
    def path(self) -> str:
        """The file's full path at the farmer."""
        return f"{self.folder.rstrip('/')}/{self.name}"

    @property
    def stale(self) -> bool:
        """Has nothing changed it for as long as makes it nobody's?"""
        return self.age >= STALE


def leftovers(facts: Facts, farmer: str) -> Iterator[Leftover]:
    """Every part file at a farmer that answers, by path."""
    known = facts.seen.farmers[farmer].disks
    disks = known.value if isinstance(known, Known) else ()
    found = (_judge(facts, disk, part) for disk in disks for part in disk.parts)
    yield from sorted(found, key=lambda each: each.path)


def remove(archive: Archive, doomed: Sequence[Leftover]) -> Mapping[str, str]:
    """Remove exactly those, each only if it is as it was seen. By path, why some are left. Raises FarmerError."""
    login = login_of(archive)
    if login is None:
        return _failures(doomed, [_here(each) for each in doomed])
    if archive.transport.kind == "sftp":
        return _failures(doomed, _by_sftp(login, doomed))
    return _failures(doomed, _by_shell(login, doomed))


def _judge(facts: Facts, disk: Disk, part: Part) -> Leftover:
    name = part_name(part.plot, part.bytes, part.host) if part.host else part.plot
    why, kept = _verdict(facts, part)
    return Leftover(
        folder=disk.path,
        name=name,
        bytes=part.done,
        host=part.host,
        age=max(0.0, facts.now.at - part.modified),
        why=why,
        kept=kept,
    )


def _verdict(facts: Facts, part: Part) -> tuple[str, str | None]:
    """Why it may be removed, and why not; None: it may."""
    stale = facts.now.at - part.modified >= STALE
    if not part.host:
        return "", "it is no part file of plotman, and only its own tool knows what it is good for"
    if part.host != facts.seen.host:
        return ("nothing has changed it for 6 hours", None) if stale else ("", "it may still grow")
    if not isinstance(facts.seen.transfers, Known):
        return "", f"which plots are on their way is not known: {facts.seen.transfers.why}"
    if part.plot in facts.moving:
        return "", "its plot is on its way"
    homes = [facts.directory(landing.path) for landing in facts.spec.directories.landing]
    here = [_holds(home, part.plot) for home in homes]
    if True in here:
        return "", "its plot is still here, and its transfer goes on from there"
    if None in here:
        return "", "whether its plot is still here is not known"
    return "its plot is not here any more", None


def _holds(home: Directory | None, plot: str) -> bool | None:
    if home is None or not isinstance(home.plots, Known):
        return None
    return any(each.name == plot for each in home.plots.value)


def _failures(doomed: Sequence[Leftover], said: Sequence[str]) -> Mapping[str, str]:
    return {each.path: why for each, why in zip(doomed, said, strict=True) if why}


def _here(each: Leftover) -> str:
    try:
        stat = os.lstat(each.path)
        if _changed(each, stat.st_size, stat.st_mtime):
            return CHANGED
        os.unlink(each.path)
    except OSError as error:
        return (error.strerror or str(error)).lower()
    return ""


def _changed(each: Leftover, size: int | None, modified: float) -> bool:
    return size != each.bytes or (each.stale and time.time() - modified < STALE)


def _by_shell(login: Login, doomed: Sequence[Leftover]) -> Sequence[str]:
    from reconciler.remote.shell import Shell

    # A plot that is not here any more leaves its part for good, however fresh that is.
    words = [
        word for each in doomed for word in (each.folder, each.name, str(each.bytes), str(int(each.stale)))
    ]
    with Shell(login) as shell:
        ran = shell.run(_SCRIPT, *words, deadline=DEADLINE)
    told = dict(line.partition(" ")[::2] for line in ran.out.splitlines())
    said = [told.get(str(number), "no word of it came back").strip() for number in range(1, len(doomed) + 1)]
    return ["" if word == "gone" else word for word in said]


def _by_sftp(login: Login, doomed: Sequence[Leftover]) -> Sequence[str]:
    from reconciler.remote.shell import Shell

    said = []
    with Shell(login) as shell, closing(shell.sftp(deadline=DEADLINE)) as client:
        for each in doomed:
            try:
                stat = client.lstat(each.path)
                changed = _changed(each, stat.st_size, stat.st_mtime or 0)
                if not changed:
                    client.remove(each.path)
                said.append(CHANGED if changed else "")
            except OSError as error:
                said.append((error.strerror or str(error)).lower())
    return said
