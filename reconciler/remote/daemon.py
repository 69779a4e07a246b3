"""Asking a farmer that has nothing but an rsync daemon.

Its listing is all there is: the room on a disk is its size by the spec less what lies there, and neither a mount point
nor a read-only disk can be told from others. As by SFTP, the newest time listed stands for the farmer's clock.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from fnmatch import fnmatchcase

from reconciler.errors import FarmerError
from reconciler.inquiry import Daemon, Question, Volume
from reconciler.remote import tool
from reconciler.remote.script import is_wild
from reconciler.remote.volumes import Listed, is_plot, may_land, target_of, volume_of
from reconciler.state import Absent, Fact, Known, Unknown

DEADLINE = 60.0
"""Seconds for a listing."""

QUIET = 15
"""Seconds for a connection, and for anything to come over it."""

PARTIAL = (23, 24)
"""rsync's exit codes where a part could not be read, or has gone while it was listed; rsync(1)."""

# permissions, size (grouped by commas), date, time, name
_LINE = re.compile(
    r"(?P<mode>[-a-z][-rwxsStTl]{9}.?) +(?P<bytes>[0-9,.]+) (?P<time>[0-9/]{10} [0-9:]{8}) (?P<name>.+)",
    re.DOTALL,
)
# A byte of a name that is no printable ASCII.
_ESCAPED = re.compile(rb"\\#([0-3][0-7]{2})")
# A path in the module that could not be looked at, as rsync complains of it.
_FAILED = re.compile(r'"/?(?P<path>[^"]*)" \(in .*?\)\)? failed: (?P<why>.*)')
_KINDS: Mapping[int, str] = {5: "login", 10: "away", 12: "away", 30: "silent", 35: "silent"}


class ByDaemon:
    """Asks by the daemon's listing."""

    def ask(self, question: Question) -> Mapping[str, Fact[Volume]]:
        """As `asking.Asker`."""
        daemon = question.daemon
        if daemon is None:
            raise FarmerError("broken", "it is to be asked by its rsync daemon, yet there is none")
        lines: list[str] = []
        ran = tool.run(
            [daemon.executable, *arguments(daemon, question)],
            deadline=DEADLINE,
            line=lines.append,
            env={"TZ": "UTC"},
        )
        if ran.code not in (0, *PARTIAL):
            said = ran.err.strip().replace("\n", "; ") or f"rsync ended with {ran.code}"
            raise FarmerError(_KINDS.get(ran.code, "broken"), f"{daemon.host}:{daemon.port}: {said}")
        return parse(daemon, question, lines, time.time(), ran.err)

    def close(self) -> None:
        """As `asking.Asker`: nothing is kept open."""


def arguments(daemon: Daemon, question: Question) -> Sequence[str]:
    """rsync's, for a listing of all disks with everything on them, and of nothing else."""
    user = f"{daemon.user}@" if daemon.user is not None else ""
    host = f"[{daemon.host}]" if ":" in daemon.host else daemon.host
    return (
        "--list-only",
        "-r",
        f"--contimeout={QUIET}",
        f"--timeout={QUIET}",
        *([f"--password-file={daemon.password_file}"] if daemon.password_file is not None else []),
        *_filters(_within(daemon, pattern) for pattern in question.disks),
        f"rsync://{user}{host}:{daemon.port}/{daemon.module}/",
    )


def parse(
    daemon: Daemon, question: Question, lines: Iterable[str], now: float, complaints: str = ""
) -> Mapping[str, Fact[Volume]]:
    """Each target folder by its path. lines: the whole listing; now: this machine's wall clock. Pure.

    complaints: what rsync says of what it could not look at.
    """
    folders: list[str] = []
    files: list[tuple[str, Listed]] = []
    for line in lines:
        said = _LINE.fullmatch(line)
        if said is None:
            continue
        path = _unescaped(said["name"])
        if said["mode"].startswith("d"):
            folders.append(path)
        elif said["mode"].startswith("-") and (modified := _time(said["time"])) is not None:
            folder, _, name = path.rpartition("/")
            files.append((folder, Listed(name, int(re.sub(r"[,.]", "", said["bytes"])), modified)))
    clock = min(max((file.modified or 0.0 for _, file in files), default=0.0), now)
    found: dict[str, Fact[Volume]] = {}
    for pattern in question.disks:
        want = _within(daemon, pattern)
        if not is_wild(pattern):
            found[target_of(question, pattern)] = Absent("is not there")
        for folder in folders:
            if _is(folder, want):
                disk = f"{daemon.root.rstrip('/')}/{folder}" if folder != "." else daemon.root
                found[target_of(question, disk)] = Known(_volume(question, disk, folder, files, clock))
    failed = [(_unescaped(each["path"]), each["why"]) for each in _FAILED.finditer(complaints)]
    return {path: _doubt(question, _within(daemon, path), failed) or fact for path, fact in found.items()}


def _doubt(question: Question, target: str, failed: Iterable[tuple[str, str]]) -> Unknown | None:
    """Why a target folder is not known: it, or a file there that matters, could not be looked at."""
    for path, why in failed:
        folder, _, name = path.rpartition("/")
        around = path in ("", ".", target) or target.startswith(f"{path}/")
        if around or (folder == target and (name in question.seek or may_land(name))):
            return Unknown(f"{path} cannot be looked at: {why}")
    return None


def _volume(
    question: Question, disk: str, folder: str, files: Iterable[tuple[str, Listed]], clock: float
) -> Volume:
    below = "" if folder == "." else f"{folder}/"
    here = [(place, file) for place, file in files if f"{place}/".startswith(below)]
    target = (below + question.folder).rstrip("/")
    listed = [file for place, file in here if place == target]
    total = question.capacity or 0
    return volume_of(
        question,
        device=disk,
        free=total - sum(file.bytes for _, file in here),
        total=total,
        writable=True,
        count=sum(is_plot(file.name) for file in listed),
        files=[file for file in listed if file.name in question.seek or may_land(file.name)],
        clock=clock,
    )


def _within(daemon: Daemon, pattern: str) -> str:
    """A pattern as the module sees it, without a slash at its beginning. Raises FarmerError."""
    root = daemon.root.rstrip("/")
    if pattern != root and not pattern.startswith(f"{root}/"):
        raise FarmerError(
            "broken", f"the disk {pattern} is not below {daemon.root}, which the module stands for"
        )
    return pattern.removeprefix(root).strip("/")


def _filters(patterns: Iterable[str]) -> Iterator[str]:
    """The way to each disk and all that is on it."""
    for pattern in patterns:
        steps = pattern.split("/") if pattern else []
        for upto in range(1, len(steps) + 1):
            yield f"--include=/{'/'.join(steps[:upto])}/"
        yield f"--include=/{pattern}/**" if pattern else "--include=/**"
    yield "--exclude=*"


def _is(folder: str, pattern: str) -> bool:
    """Is that listed folder one that the pattern means?"""
    if folder == "." or not pattern:
        return folder == "." and not pattern
    steps, wanted = folder.split("/"), pattern.split("/")
    return len(steps) == len(wanted) and all(map(fnmatchcase, steps, wanted))


def _unescaped(name: str) -> str:
    if "\\#" not in name:
        return name
    raw = name.encode("utf-8", "surrogateescape")
    return _ESCAPED.sub(lambda found: bytes([int(found[1], 8)]), raw).decode("utf-8", "surrogateescape")


def _time(text: str) -> float | None:
    try:
        return datetime.fromisoformat(f"{text.replace('/', '-')}+00:00").timestamp()
    except ValueError:
        return None
