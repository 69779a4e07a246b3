"""A farm of look-alike jobs: argv, open files and logs as of real ones, in processes that only sleep.

Each is a shell that waits for a pipe to close, under the argv of `chia plots create`. All its jobs are in
the journal, as if started by the tool. All lies in memory, on a drive with room for everything; the farm's disks
are drives of their own, on which no plot has room. Mounting those takes a namespace (`alone`).
"""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from reconciler import journal
from reconciler.journal import Record
from reconciler.machine import LocalMachine
from reconciler.plotters import Plotter, Plotters
from reconciler.plotters.head import MAGIC

OPEN = 150
"""Temporary files that a job keeps open."""
FILLER = "\tBucket {} uniform sort. Ram: 3.250GiB, u_sort min: 0.563GiB, qs min: 0.281GiB.\n"
SPEC = """\
version: 3
directories: {{tmp: [{tmps}], dst: [{dsts}], logs: {root}/logs}}
plotting: {{plotter: chia, keys: {{farmer: "{key}", pool: "{key}"}}}}
scheduling: {{max_jobs: {most}, stagger: 0, tmp: {{max_jobs: {per_tmp}, stagger: {{until: 4:0, at_most: 999}}}}}}
archive: [{{name: farm, disks: {root}/farm/*}}]
"""
"""Nothing may start, since each tmp (or, with few jobs, the machine) has all its jobs; nothing may move, since no
disk has room.
"""
DAEMONS = 75
"""Processes that a machine runs that does nothing: services, and threads of the kernel."""
OTHERS = """\
exec 3<&0
left=$1
while [ "$left" -gt 0 ]; do read -r _ <&3 & left=$((left - 1)); done
echo
wait
"""
"""One shell forks all that are no jobs, which takes least; each waits for the pipe to close, and so ends by itself."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What there is beside the jobs.

    plots: that wait. settled: logs of jobs that are over, in the journal's top folder.
    tmp_room, dst_room: of each directory's own drive, as mount has it; None: all lie on one drive.
    """

    tmps: int = 10
    dsts: int = 10
    disks: int = 4
    plots: int = 100
    settled: int = 100
    tmp_room: str | None = None
    dst_room: str | None = None


USUAL = Shape()


class Crowd:
    """So many jobs with so large logs, and processes that are none, in a folder. Bytes of a log: `size`.

    per_tmp: jobs that each tmp may have, which is as many as it has; most: jobs that the machine may have.
    """

    def __init__(self, root: Path, jobs: int, size: int, others: int, shape: Shape = USUAL) -> None:
        self.root = root
        self.spec = root / "spec.yaml"
        self._plotter = Plotters.load()["chia"]
        self._logs: list[int] = []
        self._pids: list[int] = []
        self._waits, self._opens = os.pipe()
        self._tmps = [root / "tmp" / f"{n:02}" for n in range(shape.tmps)]
        self._dsts = [root / "dst" / f"{n:02}" for n in range(shape.dsts)]
        self._drives: list[Path] = []
        self._mount("900t", [root])
        self._disks = [root / "farm" / f"{n:02}" for n in range(shape.disks)]
        self._mount("1m", self._disks)
        for room, paths in ((shape.tmp_room, self._tmps), (shape.dst_room, self._dsts)):
            if room is not None:
                self._mount(room, paths)
        for path in (*self._tmps, *self._dsts, root / "logs" / "state", root / "bin"):
            path.mkdir(parents=True, exist_ok=True)
        (root / "bin" / "chia").write_text("read -r _\n")
        (root / "bin" / "other").write_text(OTHERS)
        self.per_tmp = max(1, jobs // shape.tmps)
        self.most = jobs + shape.tmps if jobs >= shape.tmps else jobs
        self._write_spec()
        for number in range(shape.plots):
            self._land(number)
        for number in range(shape.settled):
            self._log(number, settled=True, size=0)
        for number in range(jobs):
            self._job(number, size)
        self._others = self._fork(others + DAEMONS)

    @property
    def tmps(self) -> list[str]:
        """The tmp directories."""
        return [str(path) for path in self._tmps]

    @property
    def dsts(self) -> list[str]:
        """The dst directories."""
        return [str(path) for path in self._dsts]

    @property
    def disks(self) -> list[str]:
        """The farm's disks."""
        return [str(path) for path in self._disks]

    def grow(self, lines: int) -> None:
        """Let each job write so many lines."""
        text = "".join(FILLER.format(number) for number in range(lines)).encode()
        for log in self._logs:
            os.write(log, text)

    def close(self) -> None:
        """End every process that was started here."""
        for pid in self._pids:
            os.kill(pid, signal.SIGKILL)
        for pid in self._pids:
            os.waitpid(pid, 0)
        for file in (self._waits, self._opens, *self._logs):
            os.close(file)
        self._others.communicate()
        subprocess.run(["umount", *map(str, reversed(self._drives))], check=True)

    def _mount(self, room: str, paths: Sequence[Path]) -> None:
        for path in paths:
            path.mkdir(parents=True, exist_ok=True)
            subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={room}", "tmpfs", str(path)], check=True)
            self._drives.append(path)

    def _fork(self, count: int) -> subprocess.Popen[bytes]:
        """So many processes that are no jobs, once all are there."""
        argv = [str(self.root / "bin" / "sh"), str(self.root / "bin" / "other"), str(count)]
        shell = subprocess.Popen(
            argv, executable="/bin/sh", stdin=self._waits, stdout=subprocess.PIPE, start_new_session=True
        )
        assert shell.stdout is not None
        shell.stdout.readline()
        return shell

    def _write_spec(self) -> None:
        self.spec.write_text(
            SPEC.format(
                tmps=", ".join(map(str, self._tmps)),
                dsts=", ".join(map(str, self._dsts)),
                root=self.root,
                key="a" * 96,
                most=self.most,
                per_tmp=self.per_tmp,
            )
        )

    def _land(self, number: int) -> None:
        """A finished plot of true size, nearly all of it a hole."""
        plot_id = f"{number + (1 << 30):064x}"
        path = self._dsts[number % len(self._dsts)] / f"plot-k32-2026-01-01-00-00-{plot_id}.plot"
        with path.open("wb") as file:
            file.write(MAGIC + bytes.fromhex(plot_id) + bytes([32]))
            # No two plots are of one size.
            file.truncate(self._plotter.final_bytes(32) + 4096 * number)
        os.utime(path, (time.time() - 86400, time.time() - 86400))

    def _job(self, number: int, size: int) -> None:
        tmp, dst = self._tmps[number % len(self._tmps)], self._dsts[number % len(self._dsts)]
        job_id, log = self._log(number, settled=False, size=size)
        binaries = self.root / "bin"
        argv = [str(binaries / "python"), str(binaries / "chia"), "plots", "create", "-k", "32", "-n", "1"]
        argv += ["-r", "2", "-u", "128", "-b", "3389", "-t", str(tmp), "-d", str(dst)]
        argv += ["-f", "a" * 96, "-p", "a" * 96]
        temps = [
            f"{tmp}/plot-k32-2026-01-01-00-00-{number:064x}.plot.p1.t1.sort_bucket_{n:03}.tmp"
            for n in range(OPEN)
        ]
        self._run(argv, {"PLOTMAN_JOB": job_id}, log, temps)

    def _log(self, number: int, *, settled: bool, size: int) -> tuple[str, int]:
        """A log of ours: the record, then what a job says, some way on or to the end. (id, open file)."""
        now = LocalMachine().now()
        job_id = f"{number + (1 << 40) * settled:012x}"
        tmp, dst = self._tmps[number % len(self._tmps)], self._dsts[number % len(self._dsts)]
        body: dict[str, str | int | None] = {
            "plotter": "chia",
            "k": 32,
            "tmp": str(tmp),
            "tmp2": None,
            "dst": str(dst),
        }
        record = Record(id=job_id, kind="plot", host=os.uname().nodename, when=now, body=body)
        path = journal.log_path(str(self.root / "logs"), now.at, job_id, "plot")
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND
        log = os.open(path, flags)
        share = 2.0 if settled else number % 7 / 10
        said = _said(self._plotter, number + (1 << 20) * settled, str(tmp), str(dst), share)
        os.write(log, record.line() + b"\n" + _filled(said, size))
        if settled:
            os.close(log)
        else:
            fcntl.flock(log, fcntl.LOCK_EX)
            self._logs.append(log)
        return job_id, log

    def _run(
        self, argv: Sequence[str], env: dict[str, str], log: int | None = None, temps: Sequence[str] = ()
    ) -> None:
        """A process of this argv, the log as its output, these files open."""
        pid = os.fork()
        if pid == 0:
            try:
                os.setsid()
                out = os.open(os.devnull, os.O_WRONLY) if log is None else log
                for file, number in ((self._waits, 0), (out, 1), (out, 2)):
                    os.dup2(file, number)
                for path in temps:
                    os.set_inheritable(os.open(path, os.O_RDWR | os.O_CREAT), True)
                os.execve("/bin/sh", list(argv), {**os.environ, **env})
            finally:
                os._exit(127)
        self._pids.append(pid)


def _said(plotter: Plotter, number: int, tmp: str, dst: str, share: float) -> list[str]:
    """The lines of a job that far on."""
    plot_id = f"{number:064x}"
    lines, done = [], 0.0
    for line in plotter.sample():
        if done > share:
            break
        name = f"plot-k32-2026-01-01-00-00-{plot_id}.plot"
        lines.append(
            line.render(plot_id=plot_id, k=32, tmp=tmp, tmp2=tmp, dst=dst, date="2026-01-01-00-00", name=name)
        )
        done += line.share
    return lines


def _filled(lines: Sequence[str], size: int) -> bytes:
    """The lines with filler after each, so much that all are of that size; bytes."""
    each = max(0, size - sum(map(len, lines))) // (len(FILLER) * max(1, len(lines)))
    filler = "".join(FILLER.format(n) for n in range(each))
    return "".join(f"{line}\n{filler}" for line in lines).encode()


def settle(seconds: float) -> None:
    """Let processes grow so old."""
    time.sleep(seconds)


def spawn(
    argv: Sequence[str], *, env: dict[str, str] | None = None, cwd: str | None = None
) -> subprocess.Popen[str]:
    """A tool to be measured, which answers a line for each line."""
    pipe = subprocess.PIPE
    return subprocess.Popen(argv, stdin=pipe, stdout=pipe, text=True, env=env, cwd=cwd)
