"""What the commands show of a farmer on another machine, and which of them wait for it."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from reconciler.transports.names import part_name
from tests.commands import sshd
from tests.commands.conftest import Answer
from tests.commands.sshd import Sshd

pytestmark = pytest.mark.skipif(not os.path.exists(sshd.PROGRAM), reason="needs an ssh server")

PLOT = f"plot-k25-2026-01-01-00-00-{'0ddba11e':0<64}.plot"
Ask = Callable[..., Answer]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    with sshd.running(tmp_path_factory.mktemp("sshd")) as found:
        yield found


@pytest.fixture
def silent() -> Iterator[int]:
    """The port of something that accepts and then says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as mute:
        yield mute.getsockname()[1]


@pytest.fixture
def ask(tmp_path: Path, plotman: Callable[..., Answer], monkeypatch: pytest.MonkeyPatch) -> Ask:
    for name in ("tmp", "dst", "logs", "farm/00"):
        (tmp_path / name).mkdir(parents=True)
    spec = tmp_path / "plotman.yaml"
    monkeypatch.setenv("PLOTMAN_SPEC", str(spec))

    def run(farmer: str, *arguments: str) -> Answer:
        roles = ", ".join(f"{role}: {tmp_path}/{role}" for role in ("tmp", "dst", "logs"))
        spec.write_text(f"version: 3\ndirectories: {{{roles}}}\narchive:\n- {farmer}\n")
        return plotman(*arguments)

    return run


def test_dirs_and_explain_wait_for_the_first_answer(ask: Ask, tmp_path: Path, server: Sshd) -> None:
    part = part_name(PLOT, 5_000_000, "other.lan")
    (tmp_path / "farm/00" / part).write_bytes(b"x" * 1_000_000)
    (tmp_path / "farm/00" / PLOT.replace("0ddb", "9ab1")).write_bytes(b"x")
    entry = server.entry("far", f"{tmp_path}/farm/*")
    row = ask(entry, "dirs").out.splitlines()[-1]
    assert row.startswith(f"far     {tmp_path}/farm/00  1      "), row
    assert "1 (1 of others), 4.0 MB to come" in row
    assert "s ago" in row
    told = ask(entry, "explain", "far").out
    assert "  asked" in told
    assert "1 plot, " in told
    assert "farm/00" in ask(entry, "observe").out


def test_a_plot_here_is_explained_whatever_becomes_of_it(ask: Ask, tmp_path: Path, server: Sshd) -> None:
    (tmp_path / "dst" / PLOT).write_bytes(b"x" * 1000)
    told = ask(server.entry("far", f"{tmp_path}/farm/*"), "explain", "0ddba11e")
    assert told.code == 0
    assert "plot-k25-" in told.out


def test_what_needs_no_farmer_waits_for_none(ask: Ask, silent: int) -> None:
    entry = f"{{name: mute, host: 127.0.0.1, port: {silent}, disks: /farm/*}}"
    for verb in (("status",), ("kick",), ("pause",), ("unpause",)):
        assert ask(entry, *verb).code == 0


def test_what_needs_one_waits_no_longer_than_it_may(
    ask: Ask, silent: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reconciler.commands.dirs.PATIENCE", 0.5)
    entry = f"{{name: mute, host: 127.0.0.1, port: {silent}, disks: /farm/*}}"
    answer = ask(entry, "dirs")
    assert "has not answered yet" in answer.out.splitlines()[-1]
