"""Proposer: a new job, on the tmp directory that can best take one, towards the dst where it is least in the way."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from math import inf

from reconciler.facts import Facts
from reconciler.spec.models import PlainDirectory
from reconciler.state import Instant, Known, Phase
from reconciler.want import Admitted, Spawn

EMPTY = Phase(99, 0)
"""How far a directory without jobs counts as being: further than any job."""
WHEREVER = frozenset(
    {
        "drained",
        "paused",
        "stop_after",
        "window",
        "max_jobs",
        "stagger",
        "tmp_jobs",
        "phase_stagger",
        "log_space",
    }
)
"""Limits that say the same of a job whatever its dst."""


def propose(facts: Facts, admitted: Admitted) -> Iterator[Spawn]:
    """Directories in turn until each has refused: the furthest progressed first, then the longest unused.

    How far a directory is, is how far its least advanced job is. Where the load is looked at, those whose drive is busy
    for most of its time come after all others. For one tmp every dst is tried, the one first on which the plot will be
    least in the way of others, until a limit refuses that would refuse any, less those that a limit has refused in this
    tick and would again.
    """
    plotting = facts.spec.plotting
    if plotting is None:
        return

    def rank(path: str) -> tuple[bool, Phase, float, str]:
        return _tmp_rank(facts, admitted, path)

    landings = _Landings(facts)
    dsts = _dsts(facts, admitted)
    open_tmps = sorted((directory.path for directory in facts.spec.directories.tmp), key=rank)
    while open_tmps:
        tmp = open_tmps[0]
        before = len(admitted.spawns)
        tmp2 = _tmp2(facts, admitted)
        for dst in landings.of(tmp, tmp2, dsts or [tmp]):
            want = Spawn(
                id=job_id(facts.seen.host, facts.now, tmp, len(admitted.spawns)),
                at=facts.now.at,
                tmp=tmp,
                tmp2=tmp2,
                dst=dst,
                k=plotting.k,
                plotter=plotting.plotter,
            )
            yield want
            if len(admitted.spawns) > before:
                open_tmps.sort(key=rank)
                dsts = _dsts(facts, admitted)
                break
            if admitted.refused_by in WHEREVER:
                open_tmps.remove(tmp)
                break
            landings.refused(want, admitted.refused_by)
        else:
            open_tmps.remove(tmp)


class _Landings:
    """Which dst directories are worth a try, by what was refused before: what is admitted only grows."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._busy: set[str] = set()
        self._full: set[str] = set()
        self._shared: frozenset[str] = frozenset()
        self._tight: set[str | None] = set()

    def of(self, tmp: str, tmp2: str | None, dsts: Sequence[str]) -> Iterator[str]:
        """The best one comes first whether it can take a plot or not, since of those that cannot it says why."""
        facts = self._facts
        devices = {facts.device(path) for path in (tmp, tmp2) if path is not None}
        self._shared = frozenset(path for each in devices for path in facts.devices.get(each or "", ()))
        self._tight = set()
        for number, dst in enumerate(dsts):
            if number == 0 or not self._refuses(dst):
                yield dst

    def _refuses(self, dst: str) -> bool:
        if dst in self._shared:
            return dst in self._busy or self._facts.device(dst) in self._tight
        return None in self._tight or dst in self._busy or dst in self._full

    def refused(self, want: Spawn, rule: str) -> None:
        """Note what that says of others. A dst that shares a device with the temporary files is judged by itself."""
        device = self._facts.device(want.dst)
        match rule:
            case "dst_jobs":
                self._busy.add(want.dst)
            case "dst_space":
                self._full.update(self._facts.devices.get(device or "", (want.dst,)))
            case "tmp_space":
                self._tight.add(device if want.dst in self._shared else None)


def job_id(host: str, now: Instant, tmp: str, nth: int = 0) -> str:
    """12 hex digits that no other start has: host, boot, time and tmp, and the how-manieth of one tick."""
    told = f"{host}\0{now.boot}\0{now.at:.6f}\0{now.up:.6f}\0{tmp}\0{nth}"
    return hashlib.sha256(told.encode()).hexdigest()[:12]


def _tmp_rank(facts: Facts, admitted: Admitted, path: str) -> tuple[bool, Phase, float, str]:
    """Smaller is better: a drive with time, the phases turned round, the time since the last start, then the name."""
    busy = facts.seen.busy
    taken = isinstance(busy, Known) and busy.value.taken(facts.device(path))
    phases = [
        job.phase.value if isinstance(job.phase, Known) else Phase(0, 0) for job in facts.on_tmp.get(path, ())
    ]
    phases += [Phase(0, 0) for spawn in admitted.spawns if spawn.tmp == path]
    least = min(phases, default=EMPTY)
    ages = [facts.age(job.since) for job in facts.on_tmp.get(path, ())]
    ages.append(facts.past.unused.get(path, inf))
    unused = 0.0 if any(spawn.tmp == path for spawn in admitted.spawns) else min(ages)
    return taken, Phase(-least.major, -least.minor), -unused, path


def _dsts(facts: Facts, admitted: Admitted) -> list[str]:
    """Where the plot may land, best first: dst, else tmp2; none: in the tmp directory itself."""
    directories = facts.spec.directories
    taken = {facts.device(spawn.dst) for spawn in admitted.spawns}

    def load(path: str) -> tuple[float, int, int, str]:
        device = facts.device(path)
        bound = len(facts.on_dst.get(path, ())) + sum(spawn.dst == path for spawn in admitted.spawns)
        free = facts.free(device) if device is not None else 0
        rested = facts.streams.rested(device) if device is not None and device not in taken else 0.0
        return -rested, bound, -free, path

    return sorted((directory.path for directory in directories.dst or directories.tmp2), key=load)


def _tmp2(facts: Facts, admitted: Admitted) -> str | None:
    """The tmp2 with the fewest jobs, of those that may have one more first; None where the spec has none."""

    def load(directory: PlainDirectory) -> tuple[bool, int, str]:
        path, most = directory.path, directory.max_jobs
        jobs = sum(isinstance(job.tmp2, Known) and job.tmp2.value == path for job in facts.jobs)
        jobs += sum(spawn.tmp2 == path for spawn in admitted.spawns)
        return most is not None and jobs >= most, jobs, path

    return min((load(each) for each in facts.spec.directories.tmp2), default=(False, 0, None))[2]
