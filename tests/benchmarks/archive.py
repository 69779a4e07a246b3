"""What a move costs beside the bare transport: the same large file, the same servers, side by side.

``python -m tests.benchmarks.archive [--megabytes N] [--rounds N] [--source DIR] [--disk DIR] [TRANSPORT ...]``

Each round runs the bare program and ``sync`` of what it wrote, and then the mover, both with the source out of
memory; the table has the medians, wall clock: on a machine with other work compare only the ratios. MB/s of the mover
are of the whole move. The mover also makes sure of the room, flushes, compares what was written by its
sha256 where the transport does so by itself or is told to, gives it its name and removes the source.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from reconciler.errand import Errand, Way, to_argv
from reconciler.transports.kernel import forget_cached
from tests.sshd import Server, serve
from tests.transports.ways import daemon

PLOT = "benchmark.plot"


@dataclass(frozen=True)
class Course:
    """One comparison. bare: the program for a source file and a target file; what is told to it on its input."""

    transport: str
    way: Way
    bare: Callable[[Path, Path], Sequence[str]]
    told: Callable[[Path, Path], str] = lambda _source, _target: ""


@contextmanager
def courses() -> Iterator[Mapping[str, Course]]:
    """All of them, with the servers that they need."""
    with ExitStack() as stack:
        root = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = stack.enter_context(serve(root / "sshd"))
        served = stack.enter_context(daemon(root / "rsyncd"))
        login, user = server.login, f"{server.login.user}@{server.address}"
        options = _ssh_options(server)
        shell = " ".join(("ssh", "-p", str(server.port), *options))
        scp = ("scp", "-q", "-P", str(server.port), *options)
        url = f"rsync://{served.user}@{served.host}:{served.port}/{served.module}"
        yield {
            "local": Course("local", Way(), lambda source, target: ("cp", str(source), str(target))),
            "rsync": Course(
                "rsync",
                Way(login=login),
                lambda source, target: ("rsync", "-e", shell, str(source), f"{user}:{target}"),
            ),
            "rsync, sha256": Course(
                "rsync",
                Way(login=login, verify="sha256"),
                lambda source, target: ("rsync", "-e", shell, str(source), f"{user}:{target}"),
            ),
            "rsyncd": Course(
                "rsyncd",
                Way(login=login, daemon=served),
                lambda source, target: (
                    "rsync",
                    f"--password-file={served.password_file}",
                    str(source),
                    f"{url}{target}",
                ),
            ),
            "sftp": Course(
                "sftp",
                Way(login=login),
                lambda _source, _target: ("sftp", "-q", "-b", "-", "-P", str(server.port), *options, user),
                lambda source, target: f"put {source} {target}\n",
            ),
            "command": Course(
                "command",
                Way(login=login, argv=(*scp, "{source}", f"{user}:{{target}}"), check=("true",)),
                lambda source, target: (*scp, str(source), f"{user}:{target}"),
            ),
        }


def main() -> None:
    """Run it and print the table."""
    parser = argparse.ArgumentParser(description="Time a move beside the bare transport.")
    parser.add_argument("transports", nargs="*", help="only these")
    parser.add_argument("--megabytes", type=int, default=1000, help="the file's size, in 1,000,000 bytes")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--source", default=tempfile.gettempdir(), help="a folder on the disk to read from")
    parser.add_argument("--disk", default=tempfile.gettempdir(), help="a folder on the disk to write to")
    wanted = parser.parse_args()
    heads = f"{'':16}{'bare and sync':>15}{'MB/s':>7}{'until synced':>16}{'ratio':>7}"
    print(f"{heads}{'done':>9}{'MB/s':>7}{'ratio':>7}")
    with (
        tempfile.TemporaryDirectory(dir=wanted.source) as source,
        tempfile.TemporaryDirectory(dir=wanted.disk) as disk,
        courses() as every,
    ):
        plot = _file(Path(source) / "master", wanted.megabytes)
        for name in wanted.transports or every:
            rounds = [_round(every[name], plot, Path(source), Path(disk)) for _ in range(wanted.rounds)]
            bare, synced, done = (median(column) for column in zip(*rounds, strict=True))
            early, whole = (median(r[n] / r[0] for r in rounds) for n in (1, 2))
            plain, ours = wanted.megabytes / bare, wanted.megabytes / done
            row = f"{name:16}{bare:13.2f} s{plain:7.0f}{synced:14.2f} s{early:7.2f}"
            print(f"{row}{done:7.2f} s{ours:7.0f}{whole:7.2f}", flush=True)


def _round(course: Course, master: Path, source: Path, disk: Path) -> tuple[float, float, float]:
    """Seconds of the bare program and sync, of the mover process until its copy is synced, and until it has ended."""
    plot, target = source / PLOT, disk / PLOT
    os.link(master, plot)
    forget(plot)
    began = time.monotonic()
    argv, told = course.bare(plot, target), course.told(plot, target)
    subprocess.run(argv, input=told.encode(), stdout=subprocess.DEVNULL, check=True)
    subprocess.run(["sync", str(target)], check=True)
    bare = time.monotonic() - began
    target.unlink()
    forget(plot)
    errand = Errand(
        plot=PLOT,
        source=str(source),
        farmer="-",
        disk=str(disk),
        transport=course.transport,
        host="here",
        id="0",
        way=course.way,
    )
    argv = [sys.executable, "-m", "reconciler.transports.mover", *to_argv(errand)]
    at, began = time.time(), time.monotonic()
    ran = subprocess.run(argv, stdout=subprocess.PIPE, check=False)
    done = time.monotonic() - began
    if ran.returncode != 0:
        sys.exit(ran.stdout.decode().splitlines()[-1])
    events = [json.loads(line) for line in ran.stdout.splitlines() if line.startswith(b"{")]
    synced = next(event["at"] for event in events if event.get("step") == "synced")
    target.unlink()
    return bare, synced - at, done


def _file(path: Path, megabytes: int) -> Path:
    """A file of random bytes."""
    with path.open("wb") as file:
        for _ in range(megabytes):
            file.write(os.urandom(1_000_000))
    return path


def _ssh_options(server: Server) -> tuple[str, ...]:
    """As ssh, scp and sftp have them; the configuration of whoever runs this plays no part."""
    if shutil.which("ssh") is None:
        sys.exit("there is no ssh here")
    known = f"UserKnownHostsFile={server.known_hosts}"
    return ("-F", "/dev/null", "-i", str(server.identity), "-o", known, "-o", "BatchMode=yes")


def forget(path: Path) -> None:
    """Flush the file, and let memory drop it."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
        forget_cached(file.fileno(), 0, 0)


if __name__ == "__main__":
    main()
