"""A farm of real plots in one folder, and loops, commands and people that work on it."""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from reconciler import journal, overrides
from reconciler.loop import Loop, Work
from reconciler.machine import LocalMachine, LocalWorld
from reconciler.observation import Observation
from reconciler.observe import Observer
from reconciler.spec.loading import load
from reconciler.spec.models import Spec
from reconciler.state import Job, Known, Override, Start, Verb
from tests.real import driver
from tests.real.driver import BOTH, Place, Task
from tests.real.sight import PATIENCE, Most, Running, record, said_its_last, session, shown, until, writers

ROOT = Path(__file__).resolve().parents[2]
MODULE = "reconciler.plotters.chiapos"


class Farm:
    """Some tmp and two dst directories, and a farmer of two disks; jobs of k 18 with one thread.

    changes: of the spec: whole sections, or parts of them; None: without that section.
    """

    def __init__(self, root: Path, *, tmps: int = 2, **changes: Any) -> None:
        self.root = root
        self.tmps = [root / "tmp" / str(number) for number in range(tmps)]
        self.dsts = [root / "dst" / name for name in "01"]
        self.disks = [root / "farm" / name for name in "01"]
        self.logs = root / "logs"
        self.path = root / "spec.yaml"
        for path in (*self.tmps, *self.dsts, *self.disks, self.logs):
            path.mkdir(parents=True, exist_ok=True)
        self._hands: list[subprocess.Popen[bytes]] = []
        self._loops: list[BaseProcess] = []
        self._commands: list[Command] = []
        self.write(**changes)

    # the spec

    @property
    def places(self) -> Mapping[str, Any]:
        """The spec's directories."""
        return {"tmp": _texts(self.tmps), "dst": _texts(self.dsts), "logs": str(self.logs)}

    def write(self, **changes: Any) -> None:
        """Write the spec anew, whole or not at all."""
        document: dict[str, Any] = {
            "version": 3,
            "directories": self.places,
            "plotting": {
                "plotter": "chiapos",
                "k": 18,
                "options": {"threads": 1},
                "nice": 0,
                "stop_after": 2,
            },
            "scheduling": {"tick": "0.5s", "max_jobs": 2, "stagger": 0},
            "space": {"floor": 0, "resume": 0},
            "archive": [{"name": "farm", "disks": f"{self.root}/farm/*"}],
        }
        for key, value in changes.items():
            old = document.get(key)
            document[key] = (
                {**old, **value} if isinstance(old, dict) and isinstance(value, Mapping) else value
            )
        draft = self.path.with_suffix(".new")
        draft.write_text(json.dumps({key: value for key, value in document.items() if value is not None}))
        draft.rename(self.path)

    def script(self, lines: str) -> Path:
        """An executable shell script."""
        path = self.root / "script"
        path.write_text(f"#!/bin/sh\n{lines}\n")
        path.chmod(0o755)
        return path

    @property
    def spec(self) -> Spec:
        return load(str(self.path)).spec

    # looking, as the tool does

    def observer(self, machine: LocalMachine | None = None) -> Observer:
        """A new one, which has seen nothing."""
        return Observer(LocalWorld(machine or LocalMachine(deadline=PATIENCE)), driver.plotters())

    def look(self, *, temps: bool = False) -> Observation:
        return self.observer().look(self.spec, temps=temps)

    def jobs(self) -> tuple[Job, ...]:
        seen = self.look().jobs
        assert isinstance(seen, Known)
        return seen.value

    def starts(self) -> tuple[Start, ...]:
        """The starts that the journal remembers, oldest first."""
        seen = self.look().starts
        assert isinstance(seen, Known)
        return seen.value

    # loops

    def loop(self, works: tuple[Work, ...] = BOTH) -> Loop:
        """A new loop in this process."""
        return driver.loop(str(self.path), works)

    def start(
        self,
        *,
        once: bool = False,
        works: tuple[Work, ...] = BOTH,
        steps: Path | None = None,
        die: Place | None = None,
        for_ever: bool = False,
        host: str = "",
    ) -> BaseProcess:
        """A loop in a process of its own, until settled."""
        task = Task(str(self.path), once, works, str(steps) if steps is not None else "", die, for_ever, host)
        process = _forks().Process(target=driver.run, args=(task,))
        process.start()
        self._loops.append(process)
        return process

    def settle(self) -> None:
        """Let a new loop run until nothing is left to do."""
        finish(self.start())

    def tick(self) -> None:
        """One tick of a new loop."""
        finish(self.start(once=True))

    def steps(self) -> list[str]:
        """The steps of one tick of a new loop that is left alone, as they come."""
        told = self.root / "steps"
        told.unlink(missing_ok=True)
        finish(self.start(once=True, steps=told))
        return told.read_text().splitlines()

    def dies(self, place: Place, *, once: bool = True) -> None:
        """Let a new loop run until it ends itself at that place."""
        process = self.start(once=once, die=place)
        process.join(PATIENCE)
        assert process.exitcode == -signal.SIGKILL, f"{place}: ended with {process.exitcode}"

    def command(self, *words: str, prefix: Sequence[str] = ()) -> Command:
        """`plotman` with this farm's spec. prefix: a command that runs it elsewhere."""
        said = self.root / f"said{len(self._commands)}"
        argv = [*prefix, sys.executable, "-m", "reconciler", *words]
        env = {**os.environ, "PLOTMAN_SPEC": str(self.path)}
        with said.open("wb") as out:
            command = Command(subprocess.Popen(argv, stdout=out, stderr=out, env=env), said)
        self._commands.append(command)
        return command

    def says(self, *words: str, code: int = 0) -> str:
        """What that command prints; it must end with that exit code."""
        command = self.command(*words)
        assert command.ended() == code, command.told
        return command.told

    # wishes

    def wish(self, verb: Verb, job: Job) -> None:
        """Write down what a person wants of a job."""
        machine = LocalMachine()
        plot_id = job.plot_id.value if isinstance(job.plot_id, Known) else None
        places = tuple(place.value for place in (job.tmp, job.dst) if isinstance(place, Known))
        asked = Override(
            verb=verb,
            target=job.id,
            since=machine.now(),
            who="tester",
            ident=job.ident,
            plot_id=plot_id,
            plotter=job.plotter,
            directories=places,
        )
        overrides.write(machine, str(self.logs), asked)

    def kick(self) -> None:
        """Forget what failed."""
        machine = LocalMachine()
        asked = Override(verb="kick", target="all", since=machine.now(), who="tester")
        overrides.write(machine, str(self.logs), asked)

    def withdraw(self, verb: Verb, job: Job) -> None:
        assert overrides.withdraw(LocalMachine(), str(self.logs), verb, job.id)

    # jobs by hand

    def by_hand(
        self,
        *,
        k: int = 18,
        tmp: Path | None = None,
        dst: Path | None = None,
        log: Path | None = None,
        cwd: str = "/",
    ) -> subprocess.Popen[bytes]:
        """A plot job as a person starts one. Paths are given as they are here: relative ones are below cwd."""
        argv = [sys.executable, "-m", MODULE, "create", "-k", str(k), "-r", "1"]
        argv += ["-t", str(tmp or self.tmps[0]), "-d", str(dst or self.dsts[0])]
        with open(log or self.root / f"hand{len(self._hands)}.log", "wb") as out:
            process = self.keep(
                subprocess.Popen(argv, stdout=out, stderr=out, cwd=cwd, start_new_session=True)
            )
        shown(process.pid, "create")
        return process

    def keep(self, process: subprocess.Popen[bytes]) -> subprocess.Popen[bytes]:
        """End this process with the farm, and the session that it leads."""
        self._hands.append(process)
        return process

    def listens(self) -> bool:
        """Does a loop sleep until it is rung?"""
        return LocalMachine().ring(journal.wake_path(str(self.logs), "plotting"))

    # what is, seen without the tool

    def running(self, kind: journal.Kind = "plot") -> list[Running]:
        """Processes whose output goes to the farm's logs of that kind, one of each log."""
        found: dict[str, Running] = {}
        for pid, log in writers(self.logs):
            if log.endswith(f".{kind}.log") and log not in found:
                with suppress(OSError):
                    found[log] = Running(pid, log, record(log))
        return list(found.values())

    def stored(self) -> list[str]:
        """Names of the plots at the farmer."""
        return sorted(path.name for disk in self.disks for path in disk.glob("*.plot"))

    def left(self) -> list[str]:
        """Files in tmp, dst and at the farmer that are no archived plot."""
        places = (*self.tmps, *self.dsts, *self.disks)
        files = [path for place in places for path in place.iterdir()]
        return sorted(str(path) for path in files if path.parent not in self.disks or path.suffix != ".plot")

    def landed(self) -> list[Path]:
        """The plots in dst."""
        return sorted(path for dst in self.dsts for path in dst.glob("*.plot"))

    def land(self, plot: Path) -> None:
        """Put a copy of a finished plot into dst, as one that has long been there."""
        copy = shutil.copy(plot, self.dsts[0])
        os.utime(copy, (time.time() - 3600, time.time() - 3600))

    def started(self, kind: journal.Kind = "plot") -> list[Path]:
        """Logs of that kind, shelved ones among them."""
        return sorted(self.logs.rglob(f"[0-9]*.{kind}.*log"))

    @contextmanager
    def watched(self) -> Iterator[Most]:
        """Sees all the while how much runs at once. A mover that has said its last word is about to end."""
        most, over = Most(), threading.Event()

        def watch() -> None:
            while not over.wait(0.02):
                with suppress(FileNotFoundError):  # A log may be put away meanwhile.
                    moves = [move for move in self.running("move") if not said_its_last(move.log)]
                    most.see(self.running("plot"), moves)

        thread = threading.Thread(target=watch)
        thread.start()
        try:
            yield most
        finally:
            over.set()
            thread.join()

    def close(self) -> None:
        """End what was started here, and what that has started."""
        for loop in self._loops:
            loop.kill()
            loop.join()
        for process in (*self._hands, *(command.process for command in self._commands)):
            for pid in session(process.pid):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            process.kill()
            process.communicate()
        for pid, log in writers(self.logs):
            with suppress(OSError):
                handle = os.pidfd_open(pid)
                if os.readlink(f"/proc/{pid}/fd/1").startswith(log):
                    signal.pidfd_send_signal(handle, signal.SIGKILL)
                os.close(handle)
        until(lambda: not writers(self.logs))


@dataclass(frozen=True)
class Command:
    """A command that runs, or ran. said: the file that it prints to."""

    process: subprocess.Popen[bytes]
    said: Path

    @property
    def told(self) -> str:
        return self.said.read_text()

    def ended(self, number: int = 0) -> int:
        """Wait until it has ended, after that signal; its exit code."""
        if number:
            self.process.send_signal(number)
        return self.process.wait(PATIENCE)


def finish(process: BaseProcess) -> None:
    """Wait until a loop has ended, well."""
    process.join(PATIENCE)
    assert process.exitcode == 0, f"the loop ended with {process.exitcode}"


def _texts(paths: Sequence[Path]) -> list[str]:
    return [str(path) for path in paths]


def _forks() -> multiprocessing.context.ForkServerContext:
    """Loops are forked from a process that has imported all that they need."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.real.driver"])
    return context
