"""Plays a plot job: log lines over time, temporary files as large as its definition lets them be, the plot.

A job takes at every phase all that its definition allows, so that what a plan has promised is put to the
test: what it takes and what it may still take are together always the peak.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from reconciler.plotters.head import MAGIC
from reconciler.simulate.disks import File
from reconciler.simulate.faults import Fate
from reconciler.simulate.processes import Program
from reconciler.state import Phase

if TYPE_CHECKING:
    from reconciler.plotters import Arguments, Plotter, SampleLine
    from reconciler.simulate.computer import Computer

SLICES = 4
"""Into so many steps the growth between two lines is cut."""
RETRY = 300.0
"""Seconds after which a job tries again to write to a full disk, as chia does."""
TEMPORARY = (".table1.tmp", ".2.tmp", ".tmp")
"""What a plotter may put behind a plot's name, of which the first that it knows is used."""


@dataclass(eq=False, slots=True, kw_only=True)
class PlotJob:
    """A plot under way.

    phase: where it truly is, whatever its log says; None: before the first. gained: the part of its work that is done.
    """

    plotter: Plotter
    k: int
    tmp: str
    tmp2: str | None
    dst: str
    name: str
    plot_id: str
    output: File | None
    fate: Fate | None = None
    phase: Phase | None = None
    gained: float = 0.0

    @classmethod
    def of(
        cls, plotter: Plotter, arguments: Arguments, *, number: int, seed: int, at: float, output: File | None
    ) -> PlotJob:
        """The job that an argv asks for. number, seed: what its plot id is drawn from; at: wall clock."""
        plot_id = hashlib.sha256(f"{seed}\0{number}".encode()).hexdigest()
        k, tmp = arguments.k or 32, arguments.tmp or "/"
        date = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d-%H-%M")
        return cls(
            plotter=plotter,
            k=k,
            tmp=tmp,
            tmp2=arguments.tmp2,
            dst=arguments.dst or tmp,
            name=f"plot-k{k}-{date}-{plot_id}.plot",
            plot_id=plot_id,
            output=output,
        )

    def at_pace(self, computer: Computer, seconds: float) -> Program:
        """The whole job, in so many seconds."""
        lines = self.plotter.sample()
        last = max((at for at, line in enumerate(lines) if line.share), default=len(lines) - 1)
        for at, line in enumerate(lines):
            self.say(computer, line.render(**self.values()))
            if line.phase is not None:
                self.phase = line.phase
                yield from self._trim(computer)
                if self.fate is not None and self.fate.at == str(self.phase):
                    yield from self.suffer(computer, self.fate)
                    return
            if at == last:
                yield from self._deliver(computer, line.share * seconds)
            elif line.share:
                yield from self._grow(computer, _next_phase(lines, at), line.share * seconds)

    # log

    def values(self) -> dict[str, str]:
        """What the lines of its log are filled in with."""
        return {
            "plot_id": self.plot_id,
            "k": str(self.k),
            "tmp": self.tmp,
            "tmp2": self.tmp2 or self.tmp,
            "dst": self.dst,
            "name": self.name,
            "date": self.name.split("-", 2)[2][:16],
        }

    def say(self, computer: Computer, text: str, since: float = 0.0) -> None:
        """Write a line to its log. since: seconds that have passed since it did so."""
        if self.output is not None:
            computer.disks.append(self.output, f"{text}\n".encode(), since)

    def suffer(self, computer: Computer, fate: Fate) -> Program:
        """Come to grief."""
        self.say(computer, fate.words)
        while fate.how == "hangs":
            yield RETRY

    # files

    @property
    def temps(self) -> tuple[str, str | None]:
        """The temporary file on tmp, and that on tmp2 where there is one."""
        known = [ending for ending in TEMPORARY if self.plotter.temp(self.name + ending) is not None]
        tmp2 = f"{self.tmp2}/{self.name}{known[-1]}" if self.tmp2 is not None else None
        return f"{self.tmp}/{self.name}{known[0] if known else TEMPORARY[0]}", tmp2

    def levels(self, phase: Phase | None) -> tuple[int, int]:
        """Bytes taken on tmp and tmp2 as a phase begins."""
        peak = self.plotter.peak(self.k, self.tmp2 is not None)
        rest = self.plotter.growth(self.k, phase, self.tmp2 is not None)
        return peak.tmp - rest.tmp, peak.tmp2 - rest.tmp2

    def _trim(self, computer: Computer) -> Program:
        """Let go of what is not needed any more as a phase begins."""
        for path, level in zip(self.temps, self.levels(self.phase), strict=True):
            file = computer.disks.file(path) if path is not None else None
            if path is not None and file is not None and file.size > level:
                yield from self.sized(computer, path, level)

    def _grow(self, computer: Computer, then: Phase | None, seconds: float) -> Program:
        """Grow towards the next phase's level."""
        before, after = self.levels(self.phase), self.levels(then)
        for part in range(1, SLICES + 1):
            yield seconds / SLICES
            for path, old, new in zip(self.temps, before, after, strict=True):
                if path is not None and new > old:
                    yield from self.sized(computer, path, old + (new - old) * part // SLICES)

    def _deliver(self, computer: Computer, seconds: float) -> Program:
        """Put the plot under its final name: a copy to another device takes the time, a rename none."""
        disks = computer.disks
        tmp, tmp2 = self.temps
        whole = tmp2 or tmp
        size = self.plotter.final_bytes(self.k)
        final = f"{self.dst}/{self.name}"
        if disks.device(final) is not disks.device(whole):
            landing = f"{final}{TEMPORARY[1]}"
            for part in range(1, SLICES + 1):
                yield seconds / SLICES
                yield from self.sized(computer, landing, size * part // SLICES)
            whole = landing
        else:
            yield seconds
            yield from self.sized(computer, whole, size)
        made = disks.file(whole)
        if made is not None:
            made.data[:] = MAGIC + bytes.fromhex(self.plot_id) + bytes([self.k])
        for path in dict.fromkeys((whole, tmp, tmp2)):
            yield from computer.answers(path or self.tmp)
            if path is not None and disks.file(path) is not None:
                disks.rename(path, final) if path == whole else disks.remove(path)

    def sized(self, computer: Computer, path: str, size: int) -> Program:
        """Let a file be so large, as soon as its disk answers and has the room."""
        while True:
            yield from computer.answers(path)
            try:
                file = computer.disks.file(path) or computer.disks.create(path)
                computer.disks.resize(file, size)
            except OSError:
                yield RETRY
            else:
                return


def _next_phase(lines: Sequence[SampleLine], at: int) -> Phase | None:
    return next((line.phase for line in lines[at + 1 :] if line.phase is not None), None)
