"""One observation and one spec, indexed once a tick for all rules.

Pure. Where the observation does not know something, the index holds nothing of it; the rule `known`
stands before all others and lets none of them judge what is not known.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cached_property
from math import inf
from typing import TYPE_CHECKING

from reconciler import reserve
from reconciler.state import (
    Directory,
    Farmer,
    Instant,
    Job,
    Known,
    Observation,
    Override,
    Phase,
    Start,
    Transfer,
)

if TYPE_CHECKING:
    from reconciler.plotters import Plotters
    from reconciler.spec.models import Spec


class Facts:
    """What rules read.

    spec, seen, plotters: what the index was made from.
    jobs: those that count: all but the ignored ones, oldest first.
    """

    def __init__(self, spec: Spec, seen: Observation, plotters: Plotters) -> None:
        self.spec = spec
        self.seen = seen
        self.plotters = plotters
        self.now = seen.now
        every = seen.jobs.value if isinstance(seen.jobs, Known) else ()
        ignored = {wish.target for wish in self.overrides if wish.verb == "ignore"}
        self.all_jobs = tuple(sorted(every, key=lambda job: (-self.age(job.since), job.id)))
        self.jobs = tuple(job for job in self.all_jobs if job.id not in ignored)
        self.starts: tuple[Start, ...] = seen.starts.value if isinstance(seen.starts, Known) else ()
        self.transfers: tuple[Transfer, ...] = (
            seen.transfers.value if isinstance(seen.transfers, Known) else ()
        )
        self.on_tmp = _by((path, job) for job in self.jobs for path in job.tmps)
        self.on_dst = _by((path, job) for job in self.jobs for path in job.dsts)

    # time

    def age(self, then: Instant) -> float:
        """Seconds since then; what is dated after now counts as older than every wait."""
        return age(self.now, then)

    def wall_age(self, then: float) -> float:
        """The same for a moment known by the wall clock only (a file's time)."""
        return inf if then > self.now.at else self.now.at - then

    # directories

    def directory(self, path: str) -> Directory | None:
        """The observed directory of that path; None where the observation has none."""
        return self.seen.directories.get(path)

    def device(self, path: str) -> str | None:
        """The device below a directory; None while it is not known."""
        directory = self.directory(path)
        if directory is None or not isinstance(directory.space, Known):
            return None
        return directory.space.value.device

    @cached_property
    def devices(self) -> Mapping[str, tuple[str, ...]]:
        """The spec's directories on each device, tmp, tmp2 and dst alike."""
        found: dict[str, list[str]] = defaultdict(list)
        for path in self.seen.directories:
            device = self.device(path)
            if device is not None:
                found[device].append(path)
        return {device: tuple(paths) for device, paths in found.items()}

    def free(self, device: str) -> int:
        """Bytes free on a device, by the most careful of its directories' answers."""
        answers = []
        for path in self.devices[device]:
            space = self.seen.directories[path].space
            if isinstance(space, Known):
                answers.append(space.value.free)
        return min(answers)

    @cached_property
    def claims(self) -> Mapping[str, Mapping[str, int]]:
        """Bytes that each job (by id) may still take on each device, at most."""
        return {job.id: reserve.of_job(self, job) for job in self.jobs}

    @cached_property
    def promised(self) -> Mapping[str, int]:
        """Bytes of each device that jobs and transfers under way may still take, at most."""
        total: dict[str, int] = defaultdict(int)
        for claims in (*self.claims.values(), reserve.of_transfers(self)):
            for device, size in claims.items():
                total[device] += size
        return total

    # people's wishes

    @cached_property
    def overrides(self) -> tuple[Override, ...]:
        """Those in force now."""
        if not isinstance(self.seen.overrides, Known):
            return ()
        return tuple(
            wish for wish in self.seen.overrides.value if wish.until is None or wish.until > self.now.at
        )

    def wish(self, job: Job) -> Override | None:
        """What a person wants of how this job runs: the newest suspend, resume or kill."""
        wishes = [
            wish
            for wish in self.overrides
            if wish.target == job.id
            and wish.verb in ("suspend", "resume", "kill")
            and (wish.ident is None or job.ident is None or wish.ident == job.ident)
        ]
        return max(wishes, key=lambda wish: wish.since.at, default=None)

    def pause(self, work: str) -> Override | None:
        """The wish that pauses this kind of work ("plotting", "archiving"), if there is one."""
        return next((w for w in self.overrides if w.verb == "pause" and w.target == work), None)

    @cached_property
    def kicked(self) -> float:
        """Wall clock of the last `kick`, before which failures are forgotten."""
        return max((wish.since.at for wish in self.overrides if wish.verb == "kick"), default=-inf)

    # history

    def median_until(self, plotter: str, k: int, until: Phase) -> float | None:
        """Seconds that finished jobs of this kind took to a phase, in the middle; None without any."""
        took = sorted(
            start.milestones[until.major - 2]
            for start in self.starts
            if start.plotter == plotter and start.k == k and self._got(start, until)
        )
        return took[len(took) // 2] if took else None

    def longest_until(self, plotter: str, until: Phase) -> float | None:
        """Seconds that a job of this plotter took at most to get to a phase; None without any."""
        took = (
            s.milestones[until.major - 2] for s in self.starts if s.plotter == plotter and self._got(s, until)
        )
        return 0.0 if until.major < 2 else max(took, default=None)

    @staticmethod
    def _got(start: Start, until: Phase) -> bool:
        return until.major >= 2 and len(start.milestones) >= until.major - 1

    # transfers

    @cached_property
    def moving(self) -> Mapping[str, Transfer]:
        """Transfers under way, by the plot's name."""
        return {t.plot: t for t in self.transfers if t.outcome == "running"}

    @cached_property
    def last_transfer(self) -> Mapping[str, Transfer]:
        """The newest transfer of each plot, over or not."""
        newest: dict[str, Transfer] = {}
        for transfer in sorted(self.transfers, key=lambda t: (t.since.at, t.id)):
            newest[transfer.plot] = transfer
        return newest

    def farmer(self, name: str) -> Farmer | None:
        """The observed farmer of that name."""
        return self.seen.farmers.get(name)


def age(now: Instant, then: Instant) -> float:
    """Seconds from then to now: by the boot clock within one boot, by the wall clock across boots.

    A moment dated after now counts as older than every wait: a clock that was set back must not hold
    the farm until it has caught up.
    """
    passed = now.up - then.up if now.boot == then.boot else now.at - then.at
    return passed if passed >= 0 else inf


def _by(pairs: Iterable[tuple[str, Job]]) -> Mapping[str, tuple[Job, ...]]:
    found: dict[str, list[Job]] = defaultdict(list)
    for path, job in pairs:
        found[path].append(job)
    return {path: tuple(there) for path, there in found.items()}
