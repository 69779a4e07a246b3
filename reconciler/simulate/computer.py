"""A computer in memory: its clock, disks and processes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count
from typing import TYPE_CHECKING

from reconciler.simulate.clock import Clock
from reconciler.simulate.disks import Disks, File
from reconciler.simulate.faults import Faults
from reconciler.simulate.fluid import Fluid
from reconciler.simulate.moving import Move
from reconciler.simulate.network import Host
from reconciler.simulate.pace import Pace, Speeds
from reconciler.simulate.plotting import PlotJob
from reconciler.simulate.processes import Process, Processes, Program
from reconciler.simulate.removing import Removal
from reconciler.simulate.sharing import Resource
from reconciler.state import Phase
from reconciler.transports.arguments import farewell_from_argv, from_argv

if TYPE_CHECKING:
    from reconciler.plotters import Plotters

MOVER = "reconciler.transports.mover"
REMOVER = "reconciler.transports.remover"
ROUND_TRIP = 0.5
HANG = 1.0
"""Seconds after which a program looks again whether a hung disk answers."""


class Computer:
    """Everything that outlives the programs which look at it.

    host, cpus, memory (bytes), utc_offset (seconds): as it tells them. round_trip: seconds from a question to a farmer
    to its answer; 0: it is there within the look that asks. seed: what plot ids are drawn from.
    at: the wall clock as it begins. network: farmers by their address. locks: who holds each lock file; bells:
    wake-up sockets, and whether each was rung. fluid: the work that shares resources;
    shared: of these the drives, by the numbers of their devices, and "cpu". memory_taken: bytes of memory, now.
    heed: phases whose beginning ends a wait, as a watched log does; heed_farmers: whether a farmer's answer does
    that tells something new; heed_transfers: whether a transfer's end does, where nothing went wrong with it;
    noticed: something of this has happened.
    """

    def __init__(
        self,
        plotters: Plotters,
        *,
        host: str = "simulated",
        cpus: int = 16,
        memory: int = 64 << 30,
        utc_offset: int = 0,
        pace: Speeds | None = None,
        seed: int = 0,
        at: float = 1_800_000_000.0,
    ) -> None:
        self.plotters = plotters
        self.host, self.cpus, self.memory, self.utc_offset = host, cpus, memory, utc_offset
        self.pace: Speeds = pace or Pace()
        self.clock = Clock(at)
        self.disks = Disks(self.clock)
        self.fluid = Fluid(self.clock)
        self.processes = Processes(self.clock, self.fluid)
        self.faults = Faults()
        self.network: dict[str, Host] = {}
        self.locks: dict[str, str] = {}
        self.bells: dict[str, bool] = {}
        self._heed: frozenset[Phase] = frozenset()
        self.round_trip = ROUND_TRIP
        self.heed_farmers = False
        self.heed_transfers = True
        self.noticed = False
        self.shared: dict[str, Resource] = {}
        self.memory_taken: Callable[[], int] = lambda: 0
        self._seed = seed
        self._numbers = count()

    def run(self, argv: Sequence[str], *, output: File | None = None, job: str | None = None) -> Process:
        """Start a program, as a shell would: a plot job, a mover or a remover, which is all that can be played.

        output: the file that it writes its log to. job: its PLOTMAN_JOB.
        Raises OSError where it cannot be started, ValueError where its argv is none that can be played.
        """
        if self.faults.no_exec is not None:
            raise OSError(self.faults.no_exec)
        argv = tuple(argv)
        return self.processes.start(
            argv,
            output=output,
            job=job,
            delay=self.faults.exec_delay,
            play=lambda process: self._play(process, argv),
        )

    @property
    def heed(self) -> frozenset[Phase]:
        """The phases that are waited for."""
        return self._heed

    @heed.setter
    def heed(self, phases: frozenset[Phase]) -> None:
        self._heed = phases
        self.fluid.heed(bool(phases))

    def notice(self, phase: Phase) -> None:
        """A job has come to a phase."""
        self.noticed = self.noticed or phase in self.heed

    def reboot(self) -> None:
        """Lose every process, at once, and begin another boot."""
        for process in self.processes.living:
            self.processes.kill(process)
        self.locks.clear()
        self.bells.clear()
        self.clock.reboot()

    def answers(self, path: str) -> Program:
        """Wait until the disk of a path answers."""
        while self.disks.device(path).hung:
            yield HANG

    @property
    def jobs(self) -> tuple[tuple[Process, PlotJob], ...]:
        """The plot jobs that truly run, oldest first."""
        living = self.processes.living
        return tuple((process, process.doing) for process in living if isinstance(process.doing, PlotJob))

    @property
    def moves(self) -> tuple[tuple[Process, Move], ...]:
        """The movers that truly run, oldest first."""
        living = self.processes.living
        return tuple((process, process.doing) for process in living if isinstance(process.doing, Move))

    @property
    def removals(self) -> tuple[tuple[Process, Removal], ...]:
        """The removers that truly run, oldest first."""
        living = self.processes.living
        return tuple((process, process.doing) for process in living if isinstance(process.doing, Removal))

    def _play(self, process: Process, argv: tuple[str, ...]) -> tuple[object, Program]:
        if argv[1:3] == ("-m", MOVER):
            move = Move(from_argv(argv[3:]), process)
            process.doing = move
            move.fate = self.faults.fate(process)
            return move, move.program(self)
        if argv[1:3] == ("-m", REMOVER):
            removal = Removal(farewell_from_argv(argv[3:]), process)
            process.doing = removal
            removal.fate = self.faults.fate(process)
            return removal, removal.program(self)
        plotter = self.plotters.recognise(argv)
        if plotter is None:
            raise ValueError(f"no plot job, mover or remover: {' '.join(argv)}")
        job = PlotJob.of(
            plotter,
            plotter.read(argv, "/"),
            number=next(self._numbers),
            seed=self._seed,
            at=self.clock.at,
            output=process.output,
        )
        process.doing = job
        job.fate = self.faults.fate(process)
        return job, self.pace.job(job, self)
