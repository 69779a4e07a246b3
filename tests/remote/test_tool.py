"""Programs of this machine: their output as it comes, and their end with the waiting for them."""

from __future__ import annotations

import fcntl
import os
import signal
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from reconciler.errors import FarmerError
from reconciler.remote import tool
from reconciler.remote.ran import Ran

DEADLINE = 60.0


def sh(script: str, **options: object) -> Ran:
    return tool.run(["sh", "-c", script], deadline=DEADLINE, **options)  # type: ignore[arg-type]


def gone(pid: str) -> bool:
    """Ended; a zombie has."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].startswith("Z")
    except FileNotFoundError:
        return True


def test_code_output_and_complaints_come_apart() -> None:
    assert sh("echo out; echo err >&2; exit 3") == (3, "out\n", "err\n")


def test_a_signal_is_a_negative_code() -> None:
    assert sh("kill -9 $$").code == -9


def test_lines_come_as_they_are_printed() -> None:
    lines: list[str] = []
    sh("printf 'one\\ntwo 1%%\\rtwo 2%%\\r\\n\\nhalf'", line=lines.append)
    assert lines == ["one", "two 1%", "two 2%", "half"]


def test_a_line_comes_before_the_end() -> None:
    class Seen(Exception):
        pass

    def seen(_: str) -> None:
        raise Seen

    with pytest.raises(Seen):
        sh("echo now; sleep 600", line=seen)


def test_the_locale_is_c_and_the_environment_is_added_to() -> None:
    assert sh('echo "$LC_ALL $MORE ${PATH:+path}"', env={"MORE": "more"}).out == "C more path\n"


def test_a_variable_may_be_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LESS", "less")
    assert sh('echo "${LESS-none}"').out == "less\n"
    assert sh('echo "${LESS-none}"', env={"LESS": None}).out == "none\n"


@pytest.mark.parametrize("how", ["deadline", "waiting"])
def test_a_program_ends_with_all_its_own_when_it_is_waited_for_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    class Stopped(Exception):
        pass

    script = f"echo $$ >{tmp_path}/first; (sh -c 'echo $$ >{tmp_path}/second; exec sleep 600'); true"

    def stop() -> None:
        second = tmp_path / "second"
        if not second.exists() or not second.read_text().endswith("\n"):
            return
        if how == "waiting":
            raise Stopped
        monkeypatch.setattr(tool, "time", SimpleNamespace(monotonic=lambda: time.monotonic() + DEADLINE))

    with pytest.raises(Stopped if how == "waiting" else FarmerError) as caught:
        tool.run(["sh", "-c", script], deadline=DEADLINE, waiting=stop)
    if how == "deadline":
        assert isinstance(caught.value, FarmerError)
        assert caught.value.kind == "silent"
    ends = time.monotonic() + DEADLINE
    for name in ("first", "second"):
        # What did not wait for its child's end leaves it to the kernel, which takes a moment.
        while not gone((tmp_path / name).read_text().strip()):
            assert time.monotonic() < ends, name
            time.sleep(0.01)


def test_a_program_that_will_not_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tool, "GRACE", 0.3)
    deaf = (
        "import signal, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "print('deaf', flush=True)\n"
        "time.sleep(600)\n"
    )

    class Heard(Exception):
        pass

    def heard(_: str) -> None:
        raise Heard

    with pytest.raises(Heard):
        tool.run([sys.executable, "-c", deaf], deadline=DEADLINE, line=heard)


def test_who_holds_the_output_open_is_not_waited_for() -> None:
    left = int(sh("sleep 600 & echo $!").out)
    assert not gone(str(left))
    os.kill(left, signal.SIGKILL)


def test_a_program_keeps_the_lock_that_it_inherits(tmp_path: Path) -> None:
    path = tmp_path / "plot"
    path.write_text("")
    held = os.open(path, os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    refused: list[bool] = []

    def look(_: str) -> None:
        os.close(held)
        with path.open() as other:
            try:
                fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                refused.append(True)

    sh("echo go; sleep 0.3", line=look, keep=[held])
    assert refused == [True]


def test_a_program_that_is_not_there_is_told() -> None:
    with pytest.raises(FarmerError) as caught:
        tool.run(["no-such-program"], deadline=1)
    assert caught.value.kind == "tool"
    assert "no-such-program" in str(caught.value)


def test_only_the_end_of_much_output_is_kept() -> None:
    ran = sh("seq 1 400000")
    assert len(ran.out) == tool.LIMIT
    assert ran.out.endswith("400000\n")
