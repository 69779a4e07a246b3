"""One observation and one spec, indexed once a tick for all rules.

Pure. Where the observation does not know something, the index holds nothing of it; the rule `known`
stands before all others and lets none of them judge what is not known.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from functools import cached_property
from math import inf
from operator import attrgetter
from typing import TYPE_CHECKING, TypeVar

from reconciler.farmer import Disk, Farmer
from reconciler.fit import order_of, unfit
from reconciler.kept import Kept
from reconciler.observation import Observation
from reconciler.state import Directory, Grant, Instant, Job, Known, Override, Start, Transfer

if TYPE_CHECKING:
    from reconciler.deleted import Deleted
    from reconciler.drain import Drain
    from reconciler.forecast import Course
    from reconciler.past import Ended, Past, Ways
    from reconciler.plotters import Order, Plotters
    from reconciler.replacing import Replacing
    from reconciler.reserve import Claimed, Grounded
    from reconciler.rhythm import Rhythm
    from reconciler.spec.farmers import Archive
    from reconciler.spec.models import Spec
    from reconciler.streams import Landed, Streams
    from reconciler.traffic import Traffic

B = TypeVar("B", Start, Transfer)


class Facts:
    """What rules read. What only some commands ask for is imported when it is asked for.

    spec, seen, plotters: what the index was made from. kept: what earlier ones have found.
    jobs: those that count: all but the ignored ones, oldest first.
    starts, transfers: as they began.
    """

    def __init__(self, spec: Spec, seen: Observation, plotters: Plotters, kept: Kept | None = None) -> None:
        self.spec = spec
        self.seen = seen
        self.plotters = plotters
        self.now = seen.now
        every = seen.jobs.value if isinstance(seen.jobs, Known) else ()
        ignored = {wish.target for wish in self.overrides if wish.verb == "ignore"}
        self.all_jobs = tuple(sorted(every, key=lambda job: (-self.age(job.since), job.id)))
        self.jobs = tuple(job for job in self.all_jobs if job.id not in ignored)
        self.starts = _by_time(seen.starts.value if isinstance(seen.starts, Known) else ())
        self.transfers = _by_time(seen.transfers.value if isinstance(seen.transfers, Known) else ())
        spaces = [(path, each.space) for path, each in seen.directories.items()]
        self._devices = {path: space.value.device for path, space in spaces if isinstance(space, Known)}
        table = (kept or Kept()).table
        self._ways: Ways = table("ways", plotters)
        self._ended: Ended = table("ended", plotters)
        self._claimed: Claimed = table("claims", plotters, spec, self._devices)
        self._claims_of: Grounded = table("claims of", plotters, spec, self._devices)
        self._of_spec: dict[str, Mapping[str, int]] = table("floors", spec)
        self._unfit: dict[tuple[str, str | None, str], tuple[str, ...]] = table("unfit", plotters, spec)
        self._landed: Landed = table("landed", plotters, self.starts, self._devices)
        self._courses: dict[str, Mapping[str, Course]] = {}
        self.on_tmp = _by((path, job) for job in self.jobs for path in job.tmps)
        self.on_dst = _by((path, job) for job in self.jobs for path in job.dsts)

    def forget(self) -> None:
        """Let go of what was reckoned of them, which is reckoned anew should anybody ask again.

        Some of it knows its facts: in a ring, all that was seen would stay until rings are looked for.
        """
        for name in _RECKONED & self.__dict__.keys():
            del self.__dict__[name]

    # time

    def age(self, then: Instant) -> float:
        """Seconds since then; what is dated after now counts as older than every wait."""
        return age(self.now, then)

    def wall_age(self, then: float) -> float:
        """The same for a moment known by the wall clock only (a file's time)."""
        return inf if then > self.now.at else self.now.at - then

    # orders

    def order(self, tmp: str, tmp2: str | None, dst: str) -> Order | None:
        """What a new job there is told to do; None where the spec plots nothing."""
        return order_of(self.spec, tmp, tmp2, dst)

    def unfit(self, tmp: str, tmp2: str | None, dst: str) -> tuple[str, ...]:
        """As `fit.unfit`."""
        place = tmp, tmp2, dst
        if place not in self._unfit:
            self._unfit[place] = unfit(self.spec, self.plotters, *place)
        return self._unfit[place]

    # directories

    def directory(self, path: str) -> Directory | None:
        """The observed directory of that path; None where the observation has none."""
        return self.seen.directories.get(path)

    def device(self, path: str) -> str | None:
        """The device below a directory; None while it is not known."""
        return self._devices.get(path)

    @cached_property
    def devices(self) -> Mapping[str, tuple[str, ...]]:
        """The spec's directories on each device, tmp, tmp2 and dst alike."""
        found: dict[str, list[str]] = defaultdict(list)
        for path in sorted(self.seen.directories):
            device = self.device(path)
            if device is not None:
                found[device].append(path)
        return {device: tuple(paths) for device, paths in found.items()}

    @cached_property
    def on_device(self) -> Mapping[str, tuple[Job, ...]]:
        """The jobs whose tmp is, or may be, on each device, oldest first."""
        places = ((job, {self.device(path) for path in job.tmps}) for job in self.jobs)
        return _by((device, job) for job, devices in places for device in devices if device is not None)

    def holders(self, device: str) -> frozenset[str]:
        """The ids of the jobs that will certainly leave what they hold on a device, once they end."""
        here = self.on_device.get(device, ())
        return frozenset(
            job.id for job in here if isinstance(job.tmp, Known) and self.device(job.tmp.value) == device
        )

    def free(self, device: str) -> int:
        """Bytes free on a device, by the most careful of its directories' answers."""
        return self._free[device]

    @cached_property
    def _free(self) -> Mapping[str, int]:
        found: dict[str, int] = {}
        for directory in self.seen.directories.values():
            if isinstance(directory.space, Known):
                space = directory.space.value
                found[space.device] = min(space.free, found.get(space.device, space.free))
        return found

    def floor(self, device: str) -> int:
        """Bytes that must stay free on a device: the most that any directory there asks for."""
        return self._floors[device]

    @cached_property
    def _floors(self) -> Mapping[str, int]:
        return {
            device: max((self.floor_of(path) for path in self._plotting(device)), default=0)
            for device in self.devices
        }

    def floor_of(self, path: str) -> int:
        """Bytes that must stay free in a tmp, tmp2 or dst directory."""
        return self._own_floors.get(path, self.spec.space.floor)

    @cached_property
    def _own_floors(self) -> Mapping[str, int]:
        if "own" not in self._of_spec:
            self._of_spec["own"] = self.spec.floors()
        return self._of_spec["own"]

    def mark(self, device: str) -> int:
        """Bytes that must be free on a device before jobs there are resumed."""
        return max((self.spec.resume(path) for path in self._plotting(device)), default=0)

    def _plotting(self, device: str) -> tuple[str, ...]:
        """The tmp, tmp2 and dst directories of a device, also draining ones; the logs have a floor of their own."""
        return tuple(path for path in self.devices[device] if path in self._named or path in self.draining)

    @cached_property
    def _named(self) -> frozenset[str]:
        """The tmp, tmp2 and dst directories of the spec."""
        roles = self.spec.directories
        return frozenset((*(d.path for d in roles.tmp), *(d.path for d in (*roles.tmp2, *roles.dst))))

    @cached_property
    def draining(self) -> frozenset[str]:
        """The tmp and tmp2 directories that the spec names no more, and where jobs of ours go on."""
        places = (fact for job in self.jobs if job.ours for fact in (job.tmp, job.tmp2))
        return frozenset(fact.value for fact in places if isinstance(fact, Known)) - self._named

    @cached_property
    def claims(self) -> Mapping[str, Mapping[str, int]]:
        """Bytes that each job (by id) may still take on each device, at most."""
        from reconciler import reserve

        return reserve.of_jobs(self, self._claimed, self._claims_of)

    @cached_property
    def promised(self) -> Mapping[str, int]:
        """Bytes of each device that jobs and transfers under way may still take, at most."""
        from reconciler import reserve

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
        if not self.overrides:
            return None
        wishes = [
            wish
            for wish in self.overrides
            if wish.target == job.id
            and wish.verb in ("suspend", "resume", "kill")
            and (wish.ident is None or job.ident is None or wish.ident == job.ident)
        ]
        return max(wishes, key=_newest, default=None)

    def pause(self, work: str) -> Override | None:
        """The newest wish that pauses this kind of work ("plotting", "archiving"), if there is one."""
        pauses = [wish for wish in self.overrides if wish.verb == "pause" and wish.target == work]
        return max(pauses, key=_newest, default=None)

    @cached_property
    def kicked(self) -> float:
        """Wall clock of the last `kick`, before which failures are forgotten."""
        return max((wish.since.at for wish in self.overrides if wish.verb == "kick"), default=-inf)

    @cached_property
    def approved(self) -> Mapping[Grant, Override]:
        """What is approved, each with the approval."""
        approvals = [wish for wish in self.overrides if wish.verb == "approve"]
        return {grant: wish for wish in approvals for grant in wish.grants}

    # history

    @cached_property
    def past(self) -> Past:
        """What is to be read of earlier jobs."""
        from reconciler.past import Past

        return Past(self, self._ways, self._ended)

    def courses(self, device: str) -> Mapping[str, Course]:
        """How the jobs of a device go on there, by id; without those of which that cannot be told."""
        if device not in self._courses:
            from reconciler import courses

            found = ((job.id, courses.of_job(self, job, device)) for job in self.on_device.get(device, ()))
            self._courses[device] = {job: course for job, course in found if course is not None}
        return self._courses[device]

    @cached_property
    def rhythm(self) -> Rhythm | None:
        """How many jobs at once, and how often one begins, where the spec leaves it open; None: nothing tells."""
        from reconciler.rhythm import rhythm

        return rhythm(self)

    # transfers

    @cached_property
    def moving(self) -> Mapping[str, Transfer]:
        """Transfers under way, by the plot's name."""
        return {t.plot: t for t in self.transfers if t.outcome == "running"}

    @cached_property
    def moving_to(self) -> Mapping[str, int]:
        """How many transfers are under way to each farmer."""
        return Counter(transfer.farmer for transfer in self.moving.values())

    @cached_property
    def last_transfer(self) -> Mapping[str, Transfer]:
        """The newest transfer of each plot, over or not."""
        return {transfer.plot: transfer for transfer in self.transfers}

    @cached_property
    def traffic(self) -> Traffic:
        """The rest of what is to be read of plots on their way."""
        from reconciler.traffic import Traffic

        return Traffic(self)

    @cached_property
    def drain(self) -> Drain:
        """How fast plots leave for the farmers."""
        from reconciler.drain import drain

        return drain(self)

    @cached_property
    def streams(self) -> Streams:
        """How many transfers go at once, where the spec leaves it to the tool."""
        from reconciler.streams import Streams

        return Streams(self, self._landed)

    @cached_property
    def replacing(self) -> Replacing:
        """What is to be read of old plots that give way to new ones."""
        from reconciler.replacing import Replacing

        return Replacing(self)

    @cached_property
    def deleted(self) -> Deleted:
        """What is to be read of deletions."""
        from reconciler.deleted import Deleted

        return Deleted(self)

    # farmers

    @cached_property
    def archives(self) -> Mapping[str, Archive]:
        """The farmers of the spec, by name."""
        return {archive.name: archive for archive in self.spec.archive}

    def farmer(self, name: str) -> Farmer | None:
        """The observed farmer of that name."""
        return self.seen.farmers.get(name)

    def disk(self, farmer: str, path: str) -> Disk | None:
        """That disk of that farmer; None where it has none, as far as is known."""
        return self.disks.get((farmer, path))

    def disk_device(self, farmer: str, path: str) -> str | None:
        """The device below a farmer's disk; None while it is not known."""
        disk = self.disk(farmer, path)
        return disk.space.value.device if disk is not None and isinstance(disk.space, Known) else None

    @cached_property
    def disks(self) -> Mapping[tuple[str, str], Disk]:
        """Every disk that a farmer told of, by the farmer's name and its path, in their order."""
        found = {
            (farmer.name, disk.path): disk
            for farmer in self.seen.farmers.values()
            for disk in (farmer.disks.value if isinstance(farmer.disks, Known) else ())
        }
        return {place: found[place] for place in sorted(found)}

    @property
    def _targets(self) -> Iterable[tuple[tuple[str, str], Disk]]:
        """The disks of those farmers that the spec names."""
        return ((place, disk) for place, disk in self.disks.items() if place[0] in self.archives)

    @cached_property
    def standing(self) -> Mapping[str, tuple[str, str]]:
        """By each plot's name the farmer and the disk that it stands on already; the first of several."""
        found: dict[str, tuple[str, str]] = {}
        for place, disk in self._targets:
            for stored in disk.holds:
                found.setdefault(stored.name, place)
        return found


_RECKONED = frozenset(name for name, each in vars(Facts).items() if isinstance(each, cached_property))


def age(now: Instant, then: Instant) -> float:
    """Seconds from then to now: by the boot clock within one boot, by the wall clock across boots.

    A moment dated after now counts as older than every wait: a clock that was set back must not hold
    the farm until it has caught up.
    """
    passed = now.up - then.up if now.boot == then.boot else now.at - then.at
    return passed if passed >= 0 else inf


_begun = attrgetter("since.at", "id")


def _newest(wish: Override) -> tuple[float, str, str]:
    return wish.since.at, wish.verb, wish.who


def _by_time(begun: Iterable[B]) -> tuple[B, ...]:
    return tuple(sorted(begun, key=_begun))


def _by(pairs: Iterable[tuple[str, Job]]) -> Mapping[str, tuple[Job, ...]]:
    found: dict[str, list[Job]] = defaultdict(list)
    for path, job in pairs:
        found[path].append(job)
    return {path: tuple(there) for path, there in found.items()}
