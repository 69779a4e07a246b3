"""A loop that follows a repository looks there at once when it is told to, in whichever way."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.ports import free_port
from tests.sources.following import HASTY
from tests.sources.forge import PATH, Forge

from .conftest import DEADLINE, Scratch, wait_for

ROOT = Path(__file__).parents[2]
Tell = Callable[[subprocess.Popen[bytes], Scratch, int], object]


def by_signal(loop: subprocess.Popen[bytes], _scratch: Scratch, _port: int) -> None:
    loop.send_signal(signal.SIGHUP)


def by_kick(_loop: subprocess.Popen[bytes], scratch: Scratch, _port: int) -> None:
    assert scratch.run("kick").code == 0


def by_post(_loop: subprocess.Popen[bytes], _scratch: Scratch, port: int) -> None:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", data=b"", timeout=DEADLINE) as answer:
        assert answer.status == 204


@pytest.fixture
def forge(scratch: Scratch) -> Forge:
    """A repository with the farm's spec, where a tick comes once an hour."""
    found = Forge(scratch.root / "farm.git")
    found.commit({PATH: hourly(scratch)})
    return found


def hourly(scratch: Scratch) -> str:
    """The farm's spec, with a tick an hour."""
    return scratch.spec.read_text().replace("max_jobs: 1,", "max_jobs: 1, tick: 1h,")


def follow(scratch: Scratch, forge: Forge, port: int) -> Path:
    """A source document for that repository."""
    setting = scratch.root / "source.yaml"
    setting.write_text(
        f"version: 1\ngit: {forge.url}\npath: {PATH}\ninterval: 1h\nstate: {scratch.root}/source\n"
        f"webhook: 127.0.0.1:{port}\n"
    )
    return setting


@pytest.mark.parametrize("tell", [by_signal, by_kick, by_post], ids=["SIGHUP", "kick", "POST"])
def test_a_new_commit_is_met_as_soon_as_the_loop_is_told(
    scratch: Scratch, forge: Forge, tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port()
    monkeypatch.setenv("PLOTMAN_SPEC", str(follow(scratch, forge, port)))
    said = scratch.root / "said"
    with said.open("wb") as out:
        loop = subprocess.Popen(
            [sys.executable, "-c", HASTY, "apply"], stdout=out, stderr=out, cwd=ROOT, env=os.environ
        )
    try:
        wait_for(lambda: "spawn" in said.read_text())
        for number in range(2):
            forge.commit({PATH: f"{hourly(scratch)}wrong{number}: 1\n"})
            tell(loop, scratch, port)
            wait_for(lambda number=number: f"wrong{number}" in said.read_text())  # type: ignore[misc]
        loop.send_signal(signal.SIGTERM)
        assert loop.wait(DEADLINE) == 0
    finally:
        loop.kill()
        loop.wait(DEADLINE)


def test_a_webhooks_port_that_is_taken_is_told_and_nothing_runs(scratch: Scratch, forge: Forge) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        answer = scratch.run("apply", "-f", follow(scratch, forge, port))
    assert answer.code == 1
    assert f"webhook: cannot listen on 127.0.0.1:{port}: address already in use" in answer.err
    assert not scratch.ids()
