"""The processes of a simulated computer."""

from __future__ import annotations

import errno
from collections.abc import Callable, Generator, Sequence, Set
from dataclasses import dataclass, field
from typing import TypeAlias

from reconciler.simulate.clock import Call, Clock
from reconciler.simulate.disks import File
from reconciler.simulate.flow import Flow
from reconciler.simulate.fluid import Fluid
from reconciler.state import Ident

Program: TypeAlias = Generator[float | Flow, None, None]
"""What a process does: it yields the seconds or the work until it goes on, and ends when it returns."""

TICKS = 100.0
"""Clock ticks a second, in which a process's start is told."""


class Terminated(Exception):
    """SIGTERM, as a program sees it. What does not catch it ends by it."""


class NoRoom(OSError):
    """A disk is full, as a program sees it that writes there."""

    def __init__(self) -> None:
        super().__init__(errno.ENOSPC, "No space left on device")


@dataclass(eq=False, slots=True, kw_only=True)
class Process:
    """One process. Each leads a session of its own.

    started: boot clock. execs: boot clock of its exec, before which it shows its parent's argv.
    output: the file behind its standard output. job: its PLOTMAN_JOB.
    doing: what is played. locks: files that it has locked. left: seconds of its pause, while it is stopped.
    flow: its work, where it works.
    """

    ident: Ident
    argv: tuple[str, ...]
    started: float
    execs: float
    output: File | None
    job: str | None
    doing: object = None
    locks: list[File] = field(default_factory=list)
    stopped: bool = False
    left: float = 0.0
    call: Call | None = None
    flow: Flow | None = None
    program: Program | None = None
    terminating: bool = False

    def lock(self, file: File) -> None:
        """Lock a file until the process ends."""
        file.holders.add(self)
        self.locks.append(file)


class Processes:
    """The process table. ended: how many processes have ended so far."""

    def __init__(self, clock: Clock, fluid: Fluid) -> None:
        self._clock = clock
        self._fluid = fluid
        fluid.full = self._refuse
        self._living: dict[int, Process] = {}
        self._pid = 1000
        self.ended = 0

    @property
    def living(self) -> tuple[Process, ...]:
        """All of them, oldest first."""
        return tuple(self._living.values())

    @property
    def pids(self) -> Set[int]:
        """Of all of them; none is ever used twice."""
        return self._living.keys()

    def get(self, ident: Ident) -> Process | None:
        """That very process; None: it has ended."""
        process = self._living.get(ident.pid)
        return process if process is not None and process.ident == ident else None

    def start(
        self,
        argv: Sequence[str],
        *,
        output: File | None,
        job: str | None,
        delay: float,
        play: Callable[[Process], tuple[object, Program]],
    ) -> Process:
        """A new process, that execs and goes to work after the delay, in seconds."""
        self._pid += 1
        up = self._clock.up
        process = Process(
            ident=Ident(self._clock.boot, self._pid, int(up * TICKS)),
            argv=tuple(argv),
            started=up,
            execs=up + delay,
            output=output,
            job=job,
        )
        process.doing, process.program = play(process)
        if output is not None:
            process.lock(output)
        self._living[self._pid] = process
        process.call = self._clock.later(delay, lambda: self._go(process))
        return process

    def stop(self, process: Process) -> None:
        """SIGSTOP."""
        if not process.stopped:
            process.left = self._let_go(process)
        process.stopped = True

    def go_on(self, process: Process) -> None:
        """SIGCONT."""
        if process.stopped:
            process.stopped = False
            self._await(process, process.flow or process.left)
            if process.terminating:
                self.terminate(process)

    def terminate(self, process: Process) -> None:
        """SIGTERM; a stopped process takes it once it goes on."""
        process.terminating = True
        if not process.stopped and process.program is not None:
            self._throw(process, Terminated())

    def kill(self, process: Process) -> None:
        """SIGKILL."""
        self._let_go(process)
        self._end(process)

    def _refuse(self, flows: Sequence[Flow]) -> None:
        """There is no room for what these flows write: the youngest process gives way."""
        writers = [process for process in self._living.values() if process.flow in flows]
        self._throw(writers[-1], NoRoom())

    def _throw(self, process: Process, error: Exception) -> None:
        program = process.program
        assert program is not None
        self._let_go(process)
        process.flow = None
        self._take_turn(process, lambda: program.throw(error))

    def _let_go(self, process: Process) -> float:
        """Let it wait for nothing; the seconds that were left."""
        if process.flow is not None:
            self._fluid.end(process.flow)
        return self._clock.cancel(process.call) if process.call is not None else 0.0

    def _await(self, process: Process, pause: float | Flow) -> None:
        """Let it go on after the pause."""
        if isinstance(pause, Flow):
            process.call, process.flow = None, pause
            pause.done = lambda: self._go(process)
            self._fluid.begin(pause)
        else:
            process.call = self._clock.later(pause, lambda: self._go(process))

    def _go(self, process: Process) -> None:
        program = process.program
        process.flow = None
        if program is not None:
            self._take_turn(process, lambda: next(program))

    def _take_turn(self, process: Process, turn: Callable[[], float | Flow]) -> None:
        try:
            pause = turn()
        except (StopIteration, Terminated, OSError):
            # What a program does not catch, it ends by.
            self._end(process)
        else:
            self._await(process, pause)

    def _end(self, process: Process) -> None:
        for file in process.locks:
            file.holders.discard(process)
        if self._living.pop(process.ident.pid, None) is not None:
            self.ended += 1
