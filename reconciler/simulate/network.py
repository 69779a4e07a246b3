"""Other computers, as far as a farm sees them: farmers with disks, and the link to each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from reconciler.inquiry import HEAD, Answer, Found, Heard, Question, Volume
from reconciler.machine.globbing import glob
from reconciler.plotters import names as plot_names
from reconciler.simulate.clock import Clock
from reconciler.simulate.disks import Device, Disks, File
from reconciler.spec.farmers import fixed_part
from reconciler.state import Absent, Fact, Instant, Known, Unknown
from reconciler.transports.names import parse_part

if TYPE_CHECKING:
    from reconciler.simulate.computer import Computer

DEADLINE = 20.0
"""Seconds after which a farmer that says nothing is given up."""
BETWEEN = 5.0
"""Seconds between two questions to one farmer at least, where an answer takes any time."""
FIRST, LONGEST = 10.0, 300.0
"""Seconds until the next try after a failure: doubled with each further one."""


Absences: TypeAlias = Mapping[str, Absent | Unknown | None]
"""By folder why it does not answer; None: it does."""


@dataclass(slots=True)
class _Folder:
    """What lies in a folder: plots, and files that will be plots. changes: how often that was another."""

    plots: dict[str, File] = field(default_factory=dict)
    parts: dict[str, File] = field(default_factory=dict)
    changes: int = 0


class _Told(NamedTuple):
    """A folder in which nothing is under way, with all that its answer rests on. changes: as `_Folder`."""

    changes: int
    device: Device
    free: int
    writable: bool
    sought: Sequence[str]
    volume: Known[Volume]


class Host:
    """A farmer's computer. link: "down": nothing gets through; "silent": it connects, and says nothing."""

    def __init__(self, clock: Clock) -> None:
        self.disks = Disks(clock)
        self.disks.changed = self._sort_out
        self.link: Literal["up", "down", "silent"] = "up"
        self._clock = clock
        self._folders: dict[str, _Folder] = {}
        self._where: dict[str, set[str]] = {}
        self._told: dict[str, _Told] = {}
        self._absent: dict[object, tuple[object, Absences]] = {}

    def _sort_out(self, path: str, name: str, file: File | None) -> None:
        """Note what a name in a folder stands for now; None: for no file."""
        kind = _kind(name)
        if kind == "other":
            return
        folder = self._folders.setdefault(path, _Folder())
        folder.changes += 1
        files = folder.plots if kind == "plot" else folder.parts
        if file is not None:
            files[name] = file
            self._where.setdefault(name, set()).add(path)
        elif name in files:
            del files[name]
            self._where[name].discard(path)

    def parts(self, path: str) -> Mapping[str, File]:
        """The files in a folder that will be plots, by name."""
        folder = self._folders.get(path)
        return folder.parts if folder is not None else {}

    def absent(self, question: Question) -> Absences:
        """Why each folder that plots go to does not answer; found anew only where mounts or folders have changed."""
        wanted, shape = (question.disks, question.folder, question.mount), self.disks.shape
        kept = self._absent.get(wanted)
        if kept is None or kept[0] != shape:
            kept = self._absent[wanted] = shape, _absent(self.disks, question)
        return kept[1]

    def volumes(self, paths: Iterable[str], seek: Iterable[str], heads: bool) -> Mapping[str, Known[Volume]]:
        """What is to be told of these folders."""
        sought: dict[str, list[str]] = {path: [] for path in paths}
        for name in seek:
            for path in self._where.get(name, ()):
                if path in sought:
                    sought[path].append(name)
        return {path: self._volume(path, names, heads) for path, names in sought.items()}

    def _volume(self, path: str, sought: Sequence[str], heads: bool) -> Known[Volume]:
        """The very same while nothing of it changes, and nothing is under way."""
        device, folder = self.disks.device(path), self._folders.get(path) or _Folder()
        grounds = folder.changes, device, device.free, device.writable, sought
        kept = self._told.get(path)
        if kept is not None and kept[:-1] == grounds and not heads:
            return kept.volume
        parts, every = sorted(folder.parts.items()), sorted(folder.plots.items()) if heads else ()
        volume = Known(
            Volume(
                device=device.number,
                free=device.free,
                total=device.total,
                writable=device.writable,
                plots=len(folder.plots),
                # How old they are is asked of parts and of old plots only.
                sought=tuple(
                    Found(name, folder.plots[name].size, None) for name in sought if name in folder.plots
                ),
                parts=tuple(_found(name, file, self._clock) for name, file in parts),
                every=tuple(_found(name, file, self._clock, HEAD) for name, file in every),
            )
        )
        if not parts and not heads:
            self._told[path] = _Told(*grounds, volume)
        return volume


@dataclass(slots=True)
class _Line:
    """One farmer's telephone. failures: in a row; since: when it was last asked, by the simulation's time."""

    heard: Heard
    since: float
    failures: int = 0
    asking: bool = False
    free_at: float = 0.0


class SimulatedFarmers:
    """`Farmers`, in memory: one program's memory of what the hosts of its computer's network said."""

    def __init__(self, computer: Computer) -> None:
        self._computer = computer
        self._lines: dict[str, _Line] = {}

    def hear(
        self, questions: Sequence[Question], *, wake: str = "", kicked: float = 0.0
    ) -> Mapping[str, Heard]:
        """What each farmer last said; those whose time it is are asked anew."""
        clock = self._computer.clock
        between = BETWEEN if self._computer.round_trip else 0.0
        for question in questions:
            line = self._lines.setdefault(question.farmer, _Line(Heard(answer=None), -BETWEEN))
            if line.heard.trouble is not None and kicked > clock.at - (clock.time - line.since):
                line.free_at, line.failures = 0.0, 0
            if not line.asking and clock.time >= max(line.free_at, line.since + between):
                self._ask(line, question, wake)
        return {question.farmer: self._lines[question.farmer].heard for question in questions}

    def _ask(self, line: _Line, question: Question, wake: str) -> None:
        clock = self._computer.clock
        line.asking, line.since = True, clock.time
        asked = clock.now()
        silent = self._host(question).link == "silent"
        wait = DEADLINE if silent else self._computer.round_trip

        def hang_up() -> None:
            old = line.heard
            self._hang_up(line, question, asked)
            self._wake(old, line.heard, wake)

        if wait > 0:
            clock.later(wait, hang_up)
        else:
            # It is there before the look is over that asks: nobody is to be woken.
            self._hang_up(line, question, asked)

    def _hang_up(self, line: _Line, question: Question, asked: Instant) -> None:
        """The answer has come, or none will."""
        clock, host = self._computer.clock, self._host(question)
        line.asking = False
        old = line.heard
        if host.link != "up":
            kind = "away" if host.link == "down" else "silent"
            wait = min(LONGEST, FIRST * 2.0 ** min(line.failures, 30))
            line.failures += 1
            line.free_at = clock.time + wait
            line.heard = replace(
                old, trouble=f"{question.farmer}: no answer", kind=kind, next_at=clock.at + wait
            )
            return
        line.failures, line.free_at = 0, 0.0
        volumes = _volumes(host, question)
        line.heard = Heard(answer=Answer(asked=asked, seek=question.seek, volumes=volumes))

    def _wake(self, old: Heard, new: Heard, wake: str) -> None:
        """Ring where an answer tells what was not known, and say that it tells something new."""
        if new.answer is None or new.trouble is not None:
            return
        if old.answer is None or old.answer.volumes != new.answer.volumes:
            self._computer.noticed = self._computer.noticed or self._computer.heed_farmers
        fresh = old.answer is None or old.trouble is not None or set(new.answer.seek) - set(old.answer.seek)
        if fresh and wake in self._computer.bells:
            self._computer.bells[wake] = True

    def _host(self, question: Question) -> Host:
        where = question.login or question.daemon
        assert where is not None
        return self._computer.network[where.host]


def _volumes(host: Host, question: Question) -> Mapping[str, Fact[Volume]]:
    absent = host.absent(question)
    there = [path for path, why in absent.items() if why is None]
    told = host.volumes(there, question.seek, question.heads)
    return {path: told[path] if why is None else why for path, why in absent.items()}


def _absent(disks: Disks, question: Question) -> Absences:
    found: dict[str, Absent | Unknown | None] = {}
    for pattern in question.disks:
        matching = glob(
            pattern,
            lambda paths: {path: _folders(disks, path) for path in paths},
            lambda paths: {path: _folder(disks, path) for path in paths},
        )
        for disk in matching.value if isinstance(matching, Known) else ():
            path = f"{disk}/{question.folder}" if question.folder else disk
            found[path] = _absence(disks, disk, pattern, question)
    return found


def _absence(disks: Disks, disk: str, pattern: str, question: Question) -> Absent | Unknown | None:
    trouble = disks.device(disk).trouble
    if trouble is None and question.mount:
        point, beyond = disks.mount_point(disk), fixed_part(pattern).rstrip("/") + "/"
        if point == "/" or not point.startswith(beyond):
            return Absent("is not a mount point of its own")
    return trouble


@lru_cache(maxsize=1 << 16)
def _kind(name: str) -> Literal["plot", "part", "other"]:
    """What a file of that name is."""
    plot = plot_names.parse(name)
    if plot is not None and not plot.temporary:
        return "plot"
    return "part" if parse_part(name) is not None else "other"


def _found(name: str, file: File, clock: Clock, head: int = 0) -> Found:
    return Found(name, file.size, max(0.0, clock.at - file.modified), file.bytes(0, head))


def _folders(disks: Disks, path: str) -> Fact[tuple[tuple[str, bool], ...]]:
    folder = _folder(disks, path)
    if not isinstance(folder, Known):
        return folder
    return Known(tuple((name, False) for name, file in disks.listing(path) if file is None))


def _folder(disks: Disks, path: str) -> Fact[None]:
    trouble = disks.device(path).trouble
    if isinstance(trouble, Unknown):
        return trouble
    # What is not mounted still shows its empty folder.
    return Known(None) if disks.has_folder(path) else Absent("does not exist")
