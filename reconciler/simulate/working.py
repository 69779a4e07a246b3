"""Plays a plot job on described hardware: its phases are work that it shares with all else.

Its temporary files follow the course that its definition tells, at the job's true progress; where the
definition tells none, or with tmp2, they take all that it allows.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cached_property, partial
from itertools import accumulate
from typing import TYPE_CHECKING

from reconciler.plotters.head import MAGIC
from reconciler.simulate.flow import Flow, Growth, Turn
from reconciler.simulate.plotting import RETRY, TEMPORARY
from reconciler.simulate.processes import NoRoom

if TYPE_CHECKING:
    from reconciler.simulate.computer import Computer
    from reconciler.simulate.disks import File
    from reconciler.simulate.hardware import Hardware
    from reconciler.simulate.plotting import PlotJob
    from reconciler.simulate.processes import Program
    from reconciler.state import Phase


class Working:
    """One job at work."""

    def __init__(self, job: PlotJob, computer: Computer, hardware: Hardware) -> None:
        self._job, self._computer, self._hardware = job, computer, hardware
        self._work = hardware.work(job.plotter)
        self._sayings = hardware.sayings(job.plotter)
        self._more = hardware.varies(job.plot_id)
        self._values = job.values()
        self._began = 0.0
        self._since: dict[int, float] = {}

    def program(self) -> Program:
        """The whole job."""
        job, clock, lines = self._job, self._computer.clock, self._sayings.lines
        self._values["started_at"] = datetime.fromtimestamp(clock.at, UTC).strftime("%a %b %e %H:%M:%S %Y")
        self._began = clock.time
        if not self._hardware.fits(self._computer, job):
            self._hardware.lost += 1
            job.say(self._computer, "Killed")
            return
        at = 0
        while at < len(lines):
            self._come_to(at, clock.time)
            if job.fate is not None and self._doomed(at):
                yield from job.suffer(self._computer, job.fate)
                return
            upto = self._together(at) if lines[at].share else at + 1
            try:
                if lines[at].share and self._sayings.majors[at] <= len(self._work.phases):
                    yield from self._plot(at, upto)
                if lines[at].share and upto > self._sayings.last:
                    before = clock.time
                    yield from self._deliver()
                    self._values["copy_seconds"] = f"{clock.time - before:.3f}"
            except NoRoom:
                self._lose()
                return
            at = upto

    def _come_to(self, at: int, time: float) -> None:
        """Say that line. time: when, by the clock; what was reckoned later was said then."""
        line, job = self._sayings.lines[at], self._job
        if line.phase is not None:
            job.phase = line.phase
            self._since.setdefault(line.phase.major, time)
        if line.text != line.sample.text:
            self._values["total_seconds"] = f"{time - self._began:.3f}"
        if line.major is not None:
            self._values["phase_seconds"] = f"{time - self._since.get(line.major, self._began):.3f}"
        job.say(self._computer, line.told(self._values), self._computer.clock.time - time)
        if line.phase is not None:
            self._computer.notice(line.phase)
        if line.share:
            job.gained = self._done[at]

    def _doomed(self, at: int) -> bool:
        """Does the job come to grief at that line?"""
        phase, fate = self._sayings.lines[at].phase, self._job.fate
        return phase is not None and fate is not None and fate.at == str(phase)

    def _together(self, at: int) -> int:
        """The line up to which the work from that line on is of one kind, and goes on by itself."""
        lines, majors = self._sayings.lines, self._sayings.majors
        upto = at + 1
        for number in range(at + 1, self._sayings.last + 1):
            if majors[number] != majors[at] or majors[at] > len(self._work.phases) or self._doomed(number):
                break
            if lines[number].share:
                upto = number + 1
        return upto

    @cached_property
    def _done(self) -> list[float]:
        """The part of the job's time alone that is over before each line."""
        return [0.0, *accumulate(line.share for line in self._sayings.lines)]

    # the phases

    def _plot(self, at: int, upto: int) -> Program:
        """The work between these lines."""
        major = self._sayings.majors[at]
        weight = self._more / self._sayings.weights[major]
        amounts = [self._sayings.lines[number].share * weight for number in range(at, upto)]
        growths = [self._growths(number, upto, amount) for number, amount in enumerate(amounts, at)]
        ways = [0.0, *accumulate(amounts)]
        turns = tuple(
            Turn(ways[number - at], growths[number - at], partial(self._pass, number))
            for number in range(at + 1, upto)
        )
        self._fit(at)
        demand = self._hardware.phase(self._job, self._work.phases[major - 1], major)
        flow = Flow(demand, ways[-1], growths[0], turns)
        yield from self._flow(flow, self._hardware.described.when_full == "wait")
        self._fit(upto)

    def _pass(self, at: int, time: float) -> None:
        """That line was come to in the midst of work."""
        self._fit(at)
        self._come_to(at, time)

    def _growths(self, at: int, upto: int, amount: float) -> tuple[Growth, ...]:
        """How the files grow from that line to the next, by so many units."""
        if not amount:
            return ()
        levels = self._levels
        return tuple(
            Growth(
                file,
                (levels[at + 1][number] - levels[at][number]) / amount,
                max(level[number] for level in levels[at : upto + 1]) - levels[at][number],
            )
            for number, file in enumerate(self._files)
            if file is not None
        )

    def _fit(self, at: int) -> None:
        """Let the files be exactly as large as at that line."""
        for file, size in zip(self._files, self._levels[at], strict=True):
            if file is not None:
                self._size(file, size)

    def _flow(self, flow: Flow, patient: bool) -> Program:
        """Work to its end. Raises NoRoom where a disk is full, unless it is to wait for that."""
        while True:
            try:
                yield flow
            except NoRoom:
                if not patient:
                    raise
                self._hardware.stalled += 1
                yield RETRY
            else:
                return

    # the files

    @cached_property
    def _files(self) -> tuple[File | None, File | None]:
        """The temporary files on tmp and on tmp2."""
        disks = self._computer.disks
        tmp, tmp2 = self._job.temps
        return disks.create(tmp), disks.create(tmp2) if tmp2 is not None else None

    def _size(self, file: File, size: int) -> None:
        """Let a file be exactly so large; all but a few bytes of it have flowed already."""
        file.device.grow(file, size - file.size)

    @cached_property
    def _levels(self) -> tuple[tuple[int, int], ...]:
        """Bytes on tmp and tmp2 before each line, and after the last."""
        told = dict(self._told())
        level = (self._job.plotter.final_bytes(self._job.k), 0)
        found = [level]
        # Lines between two phases count to the later one.
        for line in reversed(self._sayings.lines):
            level = told.get(line.phase, level) if line.phase is not None else level
            found.append(level)
        return tuple(reversed(found))

    def _told(self) -> Iterator[tuple[Phase, tuple[int, int]]]:
        """Bytes as each phase begins, by the definition."""
        job = self._job
        legs = () if job.tmp2 is not None else self._hardware.course(job.plotter, job.k)
        if not legs:
            yield from ((phase, job.levels(phase)) for phase in job.plotter.phases)
            return
        part, before = self._hardware.takes(job.plot_id), 0
        for leg in legs:
            # What a leg holds at most, it has at its end on the way up, and at its beginning on the way down.
            yield leg.phase, (round(min(before, leg.held) * part), 0)
            before = leg.held

    # the end

    def _deliver(self) -> Program:
        """Put the plot under its final name: copied to another device, renamed on the same."""
        job, disks = self._job, self._computer.disks
        tmp, tmp2 = job.temps
        whole = tmp2 or tmp
        size = job.plotter.final_bytes(job.k)
        final = f"{job.dst}/{job.name}"
        if disks.device(final) is not disks.device(whole):
            landing = disks.create(f"{final}{TEMPORARY[1]}")
            flow = Flow(self._hardware.copy(job), float(size), (Growth(landing, 1.0, size),))
            yield from self._flow(flow, patient=True)
            whole = f"{final}{TEMPORARY[1]}"
        made = disks.file(whole)
        if made is not None:
            self._size(made, size)
            made.data[:] = MAGIC + bytes.fromhex(job.plot_id) + bytes([job.k])
        for path in dict.fromkeys((whole, tmp, tmp2)):
            yield from self._computer.answers(path or job.tmp)
            if path is not None and disks.file(path) is not None:
                disks.rename(path, final) if path == whole else disks.remove(path)

    def _lose(self) -> None:
        """The plotter gives up, and its owner removes what it left."""
        job, disks = self._job, self._computer.disks
        self._hardware.lost += 1
        job.say(self._computer, "No space left on device")
        for path in job.temps:
            if path is not None and disks.file(path) is not None:
                disks.remove(path)
