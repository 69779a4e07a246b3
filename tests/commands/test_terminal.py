"""On a terminal answers are cut to its width and coloured; a loop goes on when nobody listens."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from .conftest import DEADLINE, Scratch, wait_for

ROOT = Path(__file__).parents[2]


def on_terminal(*arguments: str, **environment: str) -> str:
    """What plotman shows on a terminal."""
    leader, follower = os.openpty()
    command = [sys.executable, "-m", "reconciler", *arguments]
    clean = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "COLUMNS")}
    with subprocess.Popen(command, stdout=follower, cwd=ROOT, env={**clean, **environment}) as process:
        os.close(follower)
        shown = b""
        try:
            while block := os.read(leader, 65536):
                shown += block
        except OSError:
            pass  # Linux says EIO where nobody holds the other end any more.
        os.close(leader)
        assert process.wait(DEADLINE) == 0
    return shown.decode().replace("\r\n", "\n")


def test_a_table_is_cut_to_the_terminal_and_keeps_the_ids(scratch: Scratch) -> None:
    job = scratch.one_job()
    lines = on_terminal("status", COLUMNS="100").splitlines()
    assert all(len(line) <= 100 for line in lines)
    assert lines[1].startswith(job)
    assert "…" in lines[1]
    assert f"{scratch.root}/tmp/00" in scratch.run("status").out


@pytest.mark.parametrize(("environment", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_marks_are_coloured_unless_that_is_not_wanted(
    scratch: Scratch, environment: dict[str, str], coloured: bool
) -> None:
    assert ("\x1b[" in on_terminal("plan", **environment)) == coloured


def test_a_loop_goes_on_when_nobody_reads_it(scratch: Scratch) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with subprocess.Popen([sys.executable, "-m", "reconciler", "apply"], stdout=writing, cwd=ROOT) as loop:
        os.close(writing)
        wait_for(lambda: scratch.ids() == ["5ca1ab1e"])
        assert scratch.run("suspend", "all").out == "5ca1ab1e is suspended\n"
        loop.terminate()
        assert loop.wait(DEADLINE) in (0, 1)


def test_a_loop_that_could_not_be_told_of_for_a_while_is_told_of_again(scratch: Scratch) -> None:
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    os.set_blocking(writing, False)
    with suppress(BlockingIOError):
        while True:
            os.write(writing, bytes(4096))
    # Unbuffered, what a full pipe does not take is lost without an error.
    environment = {**os.environ, "PYTHONUNBUFFERED": ""}
    command = [sys.executable, "-m", "reconciler", "apply"]
    with subprocess.Popen(command, stdout=writing, cwd=ROOT, env=environment) as loop:
        os.close(writing)
        said = bytearray()

        def told() -> bytearray:
            with suppress(BlockingIOError):
                said.extend(os.read(reading, 1 << 20))
            return said

        try:
            wait_for(lambda: scratch.ids() == ["5ca1ab1e"])
            told()
            assert scratch.run("suspend", "all").out == "5ca1ab1e is suspended\n"
            wait_for(lambda: b"1 process stopped" in told())
        finally:
            loop.terminate()
        assert loop.wait(DEADLINE) == 0
    os.close(reading)


@pytest.mark.parametrize("verb", ["version", "plan", "observe"])
def test_a_full_disk_behind_stdout_is_told_in_a_line(scratch: Scratch, verb: str) -> None:
    with open("/dev/full", "w") as full:
        ran = subprocess.run(
            [sys.executable, "-m", "reconciler", verb],
            stdout=full, stderr=subprocess.PIPE, text=True, cwd=ROOT, check=False,
        )  # fmt: skip
    assert (ran.returncode, ran.stderr) == (1, "cannot write to stdout: No space left on device\n")


def test_what_was_closed_at_the_start_is_written_to_nowhere(scratch: Scratch) -> None:
    command = ["sh", "-c", 'exec "$@" >&- 2>&-', "sh", sys.executable, "-m", "reconciler", "plot", "--once"]
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == 0
    wait_for(lambda: scratch.ids() == ["5ca1ab1e"])
    kept = [path.read_bytes() for path in (scratch.root / "logs" / "state").rglob("*.lock")]
    assert not any(kept)
