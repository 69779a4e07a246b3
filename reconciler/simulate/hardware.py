"""A described machine's parts as resources, and the work of jobs and movers as what it takes of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from reconciler.description.machine import ALPHA, Contention, Drive, MachineDescription
from reconciler.description.work import PhaseWork, Work, work_of
from reconciler.errors import UsageError
from reconciler.simulate import working
from reconciler.simulate.disks import File
from reconciler.simulate.flow import Flow, Growth
from reconciler.simulate.saying import Sayings
from reconciler.simulate.sharing import Demand, Resource

if TYPE_CHECKING:
    from reconciler.errand import Errand
    from reconciler.plotters import Leg, Plotter
    from reconciler.simulate.computer import Computer
    from reconciler.simulate.plotting import PlotJob
    from reconciler.simulate.processes import Program

COPY_CPU = 0.67e-9
"""Processor seconds a byte of the copy to dst: 178 s at 41 % for 108.8 GB, by the log that `work` is from."""

SYSTEM = 10**9
"""Bytes of memory that the system takes for itself."""

FASTEST = 10e9
"""Bytes a second that one transfer carries at most, if nothing else is in its way."""


class Disk:
    """A drive's time: a second of it each second. resource: that time; read, write: seconds a byte."""

    def __init__(self, name: str, drive: Drive, contention: Contention) -> None:
        alpha = ALPHA[drive.kind] if drive.alpha is None else drive.alpha
        self.resource = Resource(name, 1.0, alpha * contention.alpha)
        self.read, self.write = 1.0 / drive.read, 1.0 / drive.write


class Hardware:
    """`Speeds` of a described machine.

    lost: jobs that found no room on tmp, or in memory. stalled: how often a job had to wait for room.
    """

    def __init__(self, described: MachineDescription) -> None:
        self.described = described
        crowding = described.contention
        self.cpu = Resource("cpu", float(described.cpus), strain=crowding.cpu)
        self.drives = {drive.name: Disk(drive.name, drive, crowding) for drive in described.drives}
        self.links = {name: Resource(name, float(rate)) for name, rate in described.links.items()}
        self.farm = {
            (farmer.host, disk.path): Disk(f"{farmer.host}:{disk.name}", disk, crowding)
            for farmer in described.farmers
            for disk in farmer.disks
        }
        self.lost = 0
        self.stalled = 0
        self._link_of = {farmer.host: farmer.link for farmer in described.farmers}
        self._under = {path: self.drives[drive.name] for drive in described.drives for path in drive.paths}
        self._demands: dict[object, Demand] = {}
        self._sayings: dict[str, Sayings] = {}
        self._courses: dict[tuple[str, int], tuple[Leg, ...]] = {}

    @property
    def resources(self) -> Iterator[Resource]:
        """Everything that work shares."""
        yield self.cpu
        yield from (disk.resource for disk in (*self.drives.values(), *self.farm.values()))
        yield from self.links.values()

    def work(self, plotter: Plotter) -> Work:
        """What a plotter's plots take. Raises UsageError where that is not known."""
        work = work_of(plotter, self.described.work)
        if work is None:
            raise UsageError(
                f"what a plot of {plotter.name} takes is not known; say it in the machine file under `work`"
            )
        return work

    def sayings(self, plotter: Plotter) -> Sayings:
        """How its log is written."""
        if plotter.name not in self._sayings:
            self._sayings[plotter.name] = Sayings(plotter)
        return self._sayings[plotter.name]

    def course(self, plotter: Plotter, k: int) -> tuple[Leg, ...]:
        """What a job without tmp2 holds on its way, by its definition."""
        key = (plotter.name, k)
        if key not in self._courses:
            self._courses[key] = plotter.course(k)
        return self._courses[key]

    def varies(self, plot_id: str) -> float:
        """How many times as much work a job is than the typical one; by its plot id, so that runs repeat."""
        part = int(plot_id[:8], 16) / 0xFFFFFFFF
        return 1.0 + self.described.spread * (2.0 * part - 1.0)

    def takes(self, plot_id: str) -> float:
        """How much room a job takes of the most that its definition tells, likewise."""
        part = int(plot_id[8:16], 16) / 0xFFFFFFFF
        return 1.0 - 2.0 * self.described.spread * part

    # Speeds

    def job(self, job: PlotJob, computer: Computer) -> Program:
        """A whole plot job."""
        return working.Working(job, computer, self).program()

    def carry(self, errand: Errand, size: int, part: File) -> Flow:
        """So many bytes of a plot on their way: the source is read, the target written, the link between."""
        growths = (Growth(part, 1.0, size),) if part.reserved <= part.size else ()
        key = ("carry", errand.source, _host(errand), errand.disk, errand.way.bandwidth)
        return Flow(self._demand(key, lambda: self._carried(errand)), float(size), growths)

    def check(self, errand: Errand, size: int) -> float | Flow:
        """So many bytes that are read back there, where that way of transport does so."""
        if errand.transport != "local" and errand.way.verify != "sha256":
            return 0.0
        disk = self._target(errand)
        if disk is None:
            return 0.0
        key = ("check", _host(errand), errand.disk)
        return Flow(self._demand(key, lambda: Demand({disk.resource: disk.read})), float(size))

    def phase(self, job: PlotJob, work: PhaseWork, number: int) -> Demand:
        """A whole phase of a typical job, as a unit."""
        key = ("phase", job.plotter.name, job.k, number, job.tmp)
        return self._demand(key, lambda: self._phase(job, work))

    def copy(self, job: PlotJob) -> Demand:
        """A byte of the copy to dst."""
        key = ("copy", job.tmp2 or job.tmp, job.dst)
        return self._demand(key, lambda: self._copied(job))

    # what they take

    def _phase(self, job: PlotJob, work: PhaseWork) -> Demand:
        scale = self.work(job.plotter).scale(job.k)
        needs = {self.cpu: work.cpu_seconds * scale}
        disk = self.disk(job.tmp)
        if disk is not None:
            needs[disk.resource] = (work.read * disk.read + work.written * disk.write) * scale
        widest = work.threads / (work.cpu_seconds * scale) if work.cpu_seconds else float("inf")
        return Demand(needs, widest)

    def _copied(self, job: PlotJob) -> Demand:
        source, target = self.disk(job.tmp2 or job.tmp), self.disk(job.dst)
        needs = {self.cpu: COPY_CPU}
        if source is not None:
            needs[source.resource] = source.read
        if target is not None:
            needs[target.resource] = needs.get(target.resource, 0.0) + target.write
        return Demand(needs, 1.0 / COPY_CPU)

    def _carried(self, errand: Errand) -> Demand:
        source, target = self.disk(errand.source), self._target(errand)
        needs: dict[Resource, float] = {}
        if source is not None:
            needs[source.resource] = source.read
        if target is not None:
            needs[target.resource] = needs.get(target.resource, 0.0) + target.write
        link = self._link_of.get(_host(errand) or "")
        if link is not None:
            needs[self.links[link]] = 1.0
        return Demand(needs, float(errand.way.bandwidth or FASTEST))

    def disk(self, path: str) -> Disk | None:
        """The drive below a path; None: the system's, which costs nothing."""
        return _below(path, self._under)

    def _target(self, errand: Errand) -> Disk | None:
        host = _host(errand)
        if host is None:
            return self.disk(errand.disk)
        return _below(errand.disk, {path: disk for (each, path), disk in self.farm.items() if each == host})

    def _demand(self, key: object, make: Callable[[], Demand]) -> Demand:
        """One for all that is alike, so that it is shared out once."""
        if key not in self._demands:
            self._demands[key] = make()
        return self._demands[key]

    def fits(self, computer: Computer, job: PlotJob) -> bool:
        """Is there memory for one more?"""
        return self.memory(computer) + self.work(job.plotter).memory <= self.described.memory

    def memory(self, computer: Computer) -> int:
        """Bytes of memory that the system and the jobs at work take."""
        return SYSTEM + sum(
            self.work(job.plotter).memory for _, job in computer.jobs if job.phase is not None
        )


def _host(errand: Errand) -> str | None:
    where = errand.way.login or errand.way.daemon
    return where.host if where is not None else None


def _below(path: str, disks: Mapping[str, Disk]) -> Disk | None:
    while path not in disks and path not in ("", "/"):
        path = path.rpartition("/")[0]
    return disks.get(path)
