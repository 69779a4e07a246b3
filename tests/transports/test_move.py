"""A move that nothing disturbs, and what it finds at its target."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import platform
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.bell import address_of
from reconciler.errand import Way, to_argv
from reconciler.journal import wake_path
from reconciler.transports import TRANSPORTS, local, source
from reconciler.transports.command import open_command
from reconciler.transports.contract import Open
from reconciler.transports.kernel import IOPRIO_CLASS_IDLE
from reconciler.transports.local import Local
from reconciler.transports.rsync import Rsync
from reconciler.transports.rsyncd import open_rsyncd
from reconciler.transports.sftp import Sftp
from tests.transports.farm import MEGABYTE, ROOT, Farm, content, pooled

KNOWN: tuple[Open, ...] = (Local, Rsync, open_rsyncd, Sftp, open_command)
"""Every transport has the contract's shape; mypy holds this."""


def test_every_transport_is_known() -> None:
    assert [each.__name__ for each in KNOWN] == [where.partition(":")[2] for where in TRANSPORTS.values()]


def test_a_plot_moves_whole(farm: Farm) -> None:
    data = farm.put()
    told = farm.launch()
    assert (told.outcome, told.step) == ("finished", "done")
    assert told.done == told.bytes == len(data)
    assert told.ended is not None
    assert farm.arrived(data)


def test_the_log_tells_each_step_in_order_and_the_bytes(farm: Farm) -> None:
    data = farm.put()
    mover = farm.start()
    mover.code()
    events = [json.loads(line) for line in mover.log.read_text().splitlines()[1:]]
    steps = list(dict.fromkeys(event["step"] for event in events if "step" in event))
    assert steps == [
        "locked",
        "reserved",
        "copying",
        "synced",
        "verified",
        "published",
        "removed",
        "done",
    ]
    assert [event["done"] for event in events if event.get("step") == "copying"][-1] == len(data)
    assert {event["bytes"] for event in events if "step" in event} == {len(data)}
    assert [event["at"] for event in events] == sorted(event["at"] for event in events)


@pytest.mark.parametrize("size", [0, 1, source.BLOCK - 1, source.BLOCK, source.BLOCK + 1])
def test_a_plot_of_any_size_moves(farm: Farm, size: int) -> None:
    data = farm.put(size)
    assert farm.move().outcome == "finished"
    assert farm.arrived(data)


NAMES = (
    "-rf.plot",
    "with space\nand line.plot",
    "ünïcödé-🌱.plot",
    "100%2E.plot",
    ".hidden.plot",
    "*?[a].plot",
    "back\\slash.plot",
    "quo'ted \"$x`.plot",
    "no-suffix",
    "a.12.host.part",
    os.fsdecode(b"\xff\xfe.plot"),
    "x" * 200,
)


def test_a_plot_of_any_name_moves(farm: Farm) -> None:
    for name in NAMES:
        odd = farm.called(name)
        data = odd.put(1000)
        told = odd.move()
        if "*" in name and not farm.setup.wild:
            assert told.kind == "tool"
            odd.at_source.unlink()
            continue
        assert told.outcome == "finished", told.error
        assert odd.arrived(data)
        odd.at_target.unlink()


def test_a_name_too_long_for_a_part_file_stays_where_it_is(parted: Farm) -> None:
    long = parted.called("x" * 250)
    data = long.put(1000)
    told = long.move()
    assert (told.outcome, told.kind) == ("failed", "broken")
    assert long.untouched(data)


def test_the_same_plot_at_the_target_is_not_copied_again(farm: Farm) -> None:
    data = farm.put()
    farm.at_target.write_bytes(data)
    inode = farm.at_target.stat().st_ino
    assert farm.move().outcome == "finished"
    assert farm.arrived(data)
    assert farm.at_target.stat().st_ino == inode


def test_a_part_file_left_beside_the_published_plot_goes(parted: Farm) -> None:
    farm, data = parted, parted.put()
    farm.at_target.write_bytes(data)
    farm.part(len(data)).write_bytes(b"half")
    assert farm.move().outcome == "finished"
    assert farm.arrived(data)


def test_a_plot_that_is_gone_and_stands_at_the_target_is_finished(farm: Farm) -> None:
    farm.at_target.write_bytes(b"whole")
    told = farm.move()
    assert (told.outcome, told.step, told.done) == ("finished", "done", 5)


def test_a_plot_that_is_nowhere_is_gone(farm: Farm) -> None:
    told = farm.move()
    assert (told.outcome, told.kind) == ("failed", "gone")


def test_other_content_at_the_target_is_a_conflict(farm: Farm) -> None:
    data = farm.put()
    for other in (content(len(data), seed=1), data[:-1] + bytes([data[-1] ^ 1]), data[:-1], data + b"x", b""):
        farm.at_target.write_bytes(other)
        told = farm.move()
        assert (told.outcome, told.kind) == ("failed", "conflict")
        assert farm.at_target.read_bytes() == other
        assert farm.at_source.read_bytes() == data


def test_what_is_no_file_at_the_target_is_a_conflict(farm: Farm) -> None:
    data = farm.put()
    makes: tuple[Callable[[], None], ...] = (
        lambda: farm.at_target.symlink_to(farm.at_source),
        lambda: os.mkfifo(farm.at_target),
    )
    for make in makes:
        make()
        told = farm.move()
        assert (told.outcome, told.kind) == ("failed", "conflict")
        assert farm.at_source.read_bytes() == data
        farm.at_target.unlink()


def test_a_plot_is_never_moved_onto_itself(farm: Farm) -> None:
    data = farm.put()
    farm.disk.rmdir()
    farm.disk.symlink_to(farm.source)
    told = farm.move()
    assert (told.outcome, told.kind) == ("failed", "conflict")
    assert farm.at_source.read_bytes() == data


@pytest.mark.skipif(os.geteuid() != 0, reason="mounts")
def test_a_disk_that_shows_the_source_by_another_file_system_is_no_target(farm: Farm, tmp_path: Path) -> None:
    data = farm.put()
    with pooled(farm, tmp_path):
        assert farm.at_target.read_bytes() == data
        told = farm.move()
        assert (told.outcome, told.kind) == ("failed", "conflict")
        assert os.listdir(farm.source) == [farm.plot]
        assert farm.at_source.read_bytes() == data


def test_what_is_no_plot_file_is_left_alone(here: Farm) -> None:
    farm = here
    elsewhere = farm.logs.parent / "elsewhere"
    elsewhere.write_bytes(b"x")
    farm.at_source.symlink_to(elsewhere)
    assert farm.move().kind == "source"
    farm.at_source.unlink()
    farm.at_source.mkdir()
    assert farm.move().kind == "source"
    assert farm.at_source.is_dir()
    assert elsewhere.exists()


def test_a_disk_that_is_not_there_is_missing(farm: Farm) -> None:
    data = farm.put()
    farm.disk.rmdir()
    assert farm.move().kind == "missing"
    assert farm.at_source.read_bytes() == data
    farm.at_source.unlink()
    assert farm.move().kind == "missing"


def test_an_observers_probe_does_not_fail_a_move(here: Farm) -> None:
    farm = here
    data = farm.put()
    with farm.at_source.open("rb") as probe:
        fcntl.flock(probe, fcntl.LOCK_SH)
        timer = threading.Timer(0.2, lambda: fcntl.flock(probe, fcntl.LOCK_UN))
        timer.start()
        assert farm.move().outcome == "finished"
        timer.join()
    assert farm.arrived(data)


def test_a_plot_on_a_share_whose_locks_are_only_for_who_may_write_moves(
    here: Farm, monkeypatch: pytest.MonkeyPatch
) -> None:
    farm, data = here, here.put()
    lock = fcntl.flock

    def as_on_nfs(file: int, how: int) -> None:
        if how & fcntl.LOCK_EX and fcntl.fcntl(file, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        lock(file, how)

    monkeypatch.setattr(fcntl, "flock", as_on_nfs)
    told = farm.move()
    assert told.outcome == "finished", told.error
    assert farm.arrived(data)


sizes = st.integers(0, 5000)


@settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    deadline=None,
)
@given(sizes, sizes, st.sampled_from([b"", b"\0" * 4000, content(9000, seed=2)]))
def test_a_part_file_is_made_whole_whatever_stands_in_it(
    here: Farm, monkeypatch: pytest.MonkeyPatch, size: int, standing: int, tail: bytes
) -> None:
    farm = here
    with monkeypatch.context() as small_blocks:
        small_blocks.setattr(source, "BLOCK", 512)
        small_blocks.setattr(local, "BLOCK", 512)
        data = farm.put(size, seed=size)
        farm.part(size).write_bytes(data[:standing] + tail)
        assert farm.move().outcome == "finished"
    assert farm.arrived(data)
    farm.at_target.unlink()


def test_blocks_that_stand_are_not_written_again(here: Farm, monkeypatch: pytest.MonkeyPatch) -> None:
    farm = here
    data = farm.put(3 * source.BLOCK)
    farm.part(len(data)).write_bytes(data[: 2 * source.BLOCK] + b"torn")
    written: list[int] = []
    pwrite = os.pwrite

    def count(descriptor: int, block: bytes, offset: int) -> int:
        written.append(offset)
        return pwrite(descriptor, block, offset)

    monkeypatch.setattr(os, "pwrite", count)
    assert farm.move().outcome == "finished"
    assert written == [2 * source.BLOCK]
    assert farm.arrived(data)


def test_a_published_name_that_was_moved_away_keeps_its_bytes(here: Farm) -> None:
    farm = here
    old = content(1000, seed=3)
    elsewhere = farm.logs.parent / "elsewhere"
    elsewhere.write_bytes(old)
    data = farm.put(1000)
    os.link(elsewhere, farm.part(1000))
    assert farm.move().outcome == "finished"
    assert farm.arrived(data)
    assert elsewhere.read_bytes() == old


def test_a_part_file_that_goes_before_it_is_locked_is_made_anew(
    here: Farm, monkeypatch: pytest.MonkeyPatch
) -> None:
    farm = here
    data = farm.put()
    flock = fcntl.flock
    removed: list[str] = []

    def late(descriptor: int, operation: int) -> None:
        if not removed and farm.part(len(data)).exists():
            farm.part(len(data)).unlink()
            removed.append("as another mover would")
        flock(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", late)
    assert farm.move().outcome == "finished"
    assert removed
    assert farm.arrived(data)


@pytest.mark.parametrize("kernel", ["with RENAME_NOREPLACE", "without it"])
def test_a_file_system_without_links_gets_its_plot(
    here: Farm, monkeypatch: pytest.MonkeyPatch, kernel: str
) -> None:
    farm = here

    def no_links(*_: object, **__: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    if kernel == "without it":
        monkeypatch.setattr(local, "rename_exclusive", lambda *_: False)
    data = farm.put()
    assert farm.move().outcome == "finished"
    assert farm.arrived(data)
    farm.put(seed=1)
    farm.at_target.unlink()

    def take_the_name(step: str) -> None:
        if step == "verified":
            farm.at_target.write_bytes(b"other")

    assert farm.move(take_the_name).kind == "conflict"
    assert farm.at_target.read_bytes() == b"other"


def test_a_plot_stays_where_what_had_its_final_name_is_gone_again(
    here: Farm, monkeypatch: pytest.MonkeyPatch
) -> None:
    farm, data = here, here.put()

    def taken(*_: object, **__: object) -> None:
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(os, "link", taken)
        assert farm.move().outcome == "failed"
    assert farm.at_source.read_bytes() == data
    assert farm.move().outcome == "finished"
    assert farm.arrived(data)


@pytest.mark.parametrize("other", [b"half", content(9 * MEGABYTE + 77, seed=1)], ids=["half", "as long"])
def test_what_somebody_put_in_place_of_the_part_file_is_not_taken_for_the_plot(
    parted: Farm, other: bytes
) -> None:
    farm, data = parted, parted.put()

    def replace_part(step: str) -> None:
        if step == "verified":
            (farm.disk / "other").write_bytes(other)
            os.utime(farm.disk / "other", (0, 0))
            (farm.disk / "other").replace(farm.part(len(data)))

    assert farm.move(replace_part).kind == "missing"
    assert farm.at_source.read_bytes() == data
    assert not farm.at_target.exists()
    while (told := farm.move()).kind == "corrupt":
        assert not farm.part(len(data)).exists()
    assert told.outcome == "finished"
    assert farm.arrived(data)


def test_a_full_log_disk_does_not_stop_a_move(here: Farm) -> None:
    farm = here
    data = farm.put()
    argv = [sys.executable, "-m", "reconciler.transports.mover", *to_argv(farm.errand)]
    with Path("/dev/full").open("wb") as full:
        assert subprocess.run(argv, stdout=full, cwd=ROOT, check=False, timeout=60).returncode == 0
    assert farm.arrived(data)


def test_the_mover_starts_light() -> None:
    script = "import sys, reconciler.transports.mover, reconciler.transports.local; print(*sys.modules)"
    loaded = subprocess.check_output([sys.executable, "-c", script], cwd=ROOT, text=True, timeout=60)
    heavy = {"pydantic", "psutil", "fabric", "paramiko", "yaml", "asyncio", "subprocess", "click"}
    assert not set(loaded.split()) & heavy


def test_a_move_takes_room_for_the_whole_plot_at_once(small: Farm) -> None:
    small.put(4 * MEGABYTE)
    taken: list[int] = []

    def look(name: str) -> None:
        found = os.statvfs(small.disk)
        if name in {"locked", "reserved"}:
            taken.append(found.f_bfree * found.f_frsize)

    assert small.move(look).outcome == "finished"
    ahead = taken[0] - taken[1]
    if small.kind == "ext2" or small.setup.transport != "local":
        assert ahead < MEGABYTE
    else:
        assert ahead >= 4 * MEGABYTE


def test_the_end_of_a_move_wakes_the_loops(here: Farm, tmp_path: Path) -> None:
    here.put(1000)
    logs = tmp_path / "log folder"
    (logs / "state").mkdir(parents=True)
    works: tuple[Literal["plotting", "archiving"], ...] = ("plotting", "archiving")
    with ExitStack() as bells:
        hung = [bells.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) for _ in works]
        for bell, work in zip(hung, works, strict=True):
            bell.settimeout(20)
            with address_of(wake_path(str(logs), work)) as address:
                bell.bind(address)
        mover = replace(here, wakes=str(logs)).start()
        with mover.log.open("rb") as log:
            for bell in hung:
                assert bell.recv(9)
            # Whoever is woken must find that the move is over.
            fcntl.flock(log, fcntl.LOCK_EX | fcntl.LOCK_NB)
    assert mover.ended().outcome == "finished"


def test_an_idle_mover_gives_way_on_every_drive(here: Farm) -> None:
    script = (
        "import ctypes, os, platform; from reconciler.transports import kernel; kernel.be_idle();"
        "number = kernel.IOPRIO_SET[platform.machine()] + 1;"
        "os._exit(ctypes.CDLL(None).syscall(number, kernel.IOPRIO_WHO_PROCESS, 0) >> kernel.IOPRIO_CLASS_SHIFT)"
    )
    if sys.platform != "linux" or platform.machine() not in {"x86_64", "aarch64"}:
        pytest.skip("no ioprio_get known here")
    ran = subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=False, timeout=60)
    assert ran.returncode == IOPRIO_CLASS_IDLE
    data = here.put(1000)
    assert replace(here, way=Way(idle=True)).launch().outcome == "finished"
    assert here.arrived(data)


def test_a_disk_of_this_machine_must_be_mounted_where_it_should_be(small: Farm) -> None:
    if small.setup.transport in {"sftp", "command"}:
        pytest.skip("has tests of its own")
    mounted = replace(small, way=replace(small.way, beyond=str(small.disk.parent)))
    data = mounted.put(1000)
    bare = replace(mounted, disk=small.disk.parent / "bare")
    bare.disk.mkdir()
    told = bare.move()
    assert (told.outcome, told.kind) == ("failed", "missing")
    assert os.listdir(bare.disk) == []
    assert mounted.move().outcome == "finished"
    assert mounted.arrived(data)
