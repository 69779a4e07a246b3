"""Farmers behind real ssh servers, a backlog of real plots for them, and who watches the plots on their way."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from reconciler.plotters.head import MAGIC
from reconciler.transports.record import TransferLog, fold
from tests.ports import free_port
from tests.real.farm import Farm
from tests.real.sight import until
from tests.sshd import Server, serve
from tests.transports.ways import QUICK

PAGE = 4096


@dataclass(frozen=True)
class Farmer:
    """A farmer as a spec knows it. disks: its disks, each a file system of its own where we may mount.

    daemon: an rsync daemon's port.
    """

    name: str
    server: Server
    root: Path
    disks: tuple[Path, ...]
    mounted: bool
    daemon: int

    def entry(self, transport: str, **changes: Any) -> dict[str, Any]:
        """Its part of a spec."""
        login = self.server.login
        entry: dict[str, Any] = {
            "name": self.name,
            "host": login.host,
            "user": login.user,
            "port": login.port,
            "identity": login.identity,
            "known_hosts": login.known_hosts,
            "ssh_config": "/dev/null",
            "disks": f"{self.root}/*",
            "mount": self.mounted,
            "transport": self._transport(transport),
            "limits": {"transfers": 2, "per_source": 4},
        }
        if transport == "command alone":
            # Where nobody knows their room they may be no disks at all, so how many go there at once must be said.
            entry["disks"] = [str(disk) for disk in self.disks]
            entry["limits"] = {**entry["limits"], "per_disk": 1}
        if transport == "local":
            entry = {key: entry[key] for key in ("name", "disks", "mount", "transport", "limits")}
        return {**entry, **changes}

    def _transport(self, kind: str) -> dict[str, Any]:
        module = {"module": "farm", "root": str(self.root), "port": self.daemon}
        capacity = f"{os.statvfs(self.disks[0]).f_blocks * os.statvfs(self.disks[0]).f_frsize}B"
        scp = ["scp", "-q", "-P", "{port}", "-i", str(self.server.identity), "-o"]
        scp += [f"UserKnownHostsFile={self.server.known_hosts}", "{source}", "{user}@{host}:{target}"]
        kinds: Mapping[str, dict[str, Any]] = {
            "rsync with sha256": {"kind": "rsync", "verify": "sha256"},
            "rsyncd": {"kind": "rsyncd", **module},
            "rsyncd alone": {"kind": "rsyncd", **module, "ssh": False, "capacity": capacity},
            "command": {"kind": "command", "argv": scp},
            "command alone": {
                "kind": "command",
                "argv": scp,
                "verify": ["cmp", "{source}", "{target}"],
                "ssh": False,
            },
        }
        return kinds.get(kind, {"kind": kind})


@contextmanager
def farmers(
    root: Path,
    names: Sequence[str],
    *,
    plot: Path,
    each: int,
    spare: int = 65536,
    address: str = "127.0.0.1",
    prefix: Sequence[str] = (),
) -> Iterator[list[Farmer]]:
    """Farmers of two disks, each disk with room for so many of these plots and no more.

    spare: bytes that are left then, for temporary files and folders. address, prefix: where their servers run.
    """
    size = each * -(-plot.stat().st_size // PAGE) * PAGE + spare
    with ExitStack() as stack:
        made = []
        for name in names:
            home = root / name
            disks = tuple(home / "disks" / number for number in "01")
            for disk in disks:
                disk.mkdir(parents=True)
            mounted = [stack.enter_context(_mounted(disk, size)) for disk in disks]
            server = stack.enter_context(serve(home / "sshd", lines=QUICK, address=address, prefix=prefix))
            until(lambda server=server: "Server listening" in server.log())  # type: ignore[misc]
            daemon = stack.enter_context(_daemon(home, home / "disks"))
            made.append(Farmer(name, server, home / "disks", disks, all(mounted), daemon))
        yield made


@contextmanager
def _mounted(disk: Path, size: int) -> Iterator[bool]:
    argv = ["mount", "-t", "tmpfs", "-o", f"size={size}", "none", str(disk)]
    if os.geteuid() != 0 or subprocess.run(argv, capture_output=True, check=False).returncode != 0:
        yield False
        return
    try:
        yield True
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


@contextmanager
def _daemon(home: Path, root: Path) -> Iterator[int]:
    """An rsync daemon's port."""
    if shutil.which("rsync") is None:
        pytest.skip("no rsync here")
    port = free_port()
    config = home / "rsyncd.conf"
    config.write_text(
        f"address = 127.0.0.1\nport = {port}\nuse chroot = no\nuid = {os.geteuid()}\ngid = {os.getegid()}\n"
        f"[farm]\npath = {root}\nread only = no\nopen noatime = no\n"
    )
    with (home / "rsyncd.log").open("wb") as log:
        argv = ["rsync", "--daemon", "--no-detach", f"--config={config}", "--log-file=/dev/stderr"]
        process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        yield port
    finally:
        process.terminate()
        process.wait(60)


def backlog(plot: Path, dsts: Sequence[Path], count: int, seed: int = 0) -> dict[str, str]:
    """Lay so many plots that nothing writes any more over those folders; sha256 by name.

    Each is a copy of a real one under an id of its own, in its head as in its name.
    """
    data = bytearray(plot.read_bytes())
    chance, then = random.Random(seed), time.time() - 3600
    made = {}
    for number in range(count):
        plot_id = chance.randbytes(32)
        data[len(MAGIC) : len(MAGIC) + 32] = plot_id
        path = dsts[number % len(dsts)] / f"plot-k18-2026-01-01-00-{number:02}-{plot_id.hex()}.plot"
        path.write_bytes(data)
        os.utime(path, (then, then))
        made[path.name] = hashlib.sha256(data).hexdigest()
    return made


@dataclass
class Watcher:
    """Looks at sources, targets and movers all the while, by itself.

    lost: what it saw that must not be. proven: plots that were seen whole at a target. most: movers at one disk.
    """

    plots: Mapping[str, str]
    farms: Sequence[Farm]
    disks: Sequence[Path]
    lost: list[str] = field(default_factory=list)
    proven: set[str] = field(default_factory=set)
    most: int = 0

    @property
    def dsts(self) -> list[Path]:
        return [dst for farm in self.farms for dst in farm.dsts]

    def look(self) -> None:
        self._look_at_plots()
        for farm in self.farms:
            self._look_at_movers(farm)

    def _look_at_movers(self, farm: Farm) -> None:
        """Those that had not come to their end after all were seen were all there at once."""
        seen = farm.running("move")
        busy = [each for each in seen if fold(TransferLog(), Path(each.log).read_bytes()).outcome is None]
        self.most = max(self.most, *Counter(each.body["disk"] for each in busy).values(), 0)

    def _look_at_plots(self) -> None:
        """Whatever is gone at its source must stand whole at a target: so sources are looked at first."""
        here = {name for dst in self.dsts for name in os.listdir(dst)}
        for name in self.plots.keys() - here - self.proven:
            there = [disk / name for disk in self.disks if (disk / name).exists()]
            if len(there) != 1:
                self.lost.append(f"{name} has left its source and stands at {len(there)} disks")
            elif hashlib.sha256(there[0].read_bytes()).hexdigest() != self.plots[name]:
                self.lost.append(f"{name} has left its source and is not whole at {there[0].parent}")
            self.proven.add(name)

    @contextmanager
    def watching(self) -> Iterator[None]:
        over = threading.Event()

        def watch() -> None:
            try:
                while not over.wait(0.005):
                    self.look()
            except Exception as error:
                self.lost.append(f"the watcher itself broke: {error!r}")
                raise

        thread = threading.Thread(target=watch)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
        self._look_at_plots()

    def wait(self, seconds: float) -> None:
        """Until no source is left, and no mover."""
        until(lambda: not any(any(dst.iterdir()) for dst in self.dsts), seconds)
        until(lambda: not any(farm.running("move") for farm in self.farms))


def assert_stored(plots: Mapping[str, str], disks: Sequence[Path]) -> None:
    """Every plot stands at the farmers once and whole, and nothing else does."""
    files = [path for disk in disks for path in disk.iterdir()]
    assert sorted(path.name for path in files) == sorted(plots)
    assert {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files} == plots


def transfers(farm: Farm) -> list[TransferLog]:
    """Every transfer of a farm, as its log tells."""
    return [fold(TransferLog(), log.read_bytes()) for log in farm.started("move")]


def assert_never_overfilled(farm: Farm) -> None:
    """No copy that was let in has met a full disk."""
    told = [
        (each.step, each.error) for each in transfers(farm) if each.kind == "full" and each.step != "locked"
    ]
    assert not told
