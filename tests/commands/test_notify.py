"""`notify` and a real loop that tells a real server what happens; URLs show nowhere."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.notify.server import Server, serving

from .conftest import DEADLINE, Scratch, wait_for

ROOT = Path(__file__).parents[2]
HASTY = (
    "from reconciler import commands; from reconciler.notify import notifier;"
    "notifier.PATIENCE = 0.5; commands.main()"
)
"""plotman, which does not wait long for its last messages."""


def wish(scratch: Scratch, line: str) -> None:
    scratch.spec.write_text(f"{scratch.spec.read_text()}notify: {line}\n")


def ticks(page: Path) -> dict[str, float]:
    """The samples of a loop's page about its ticks."""
    lines = page.read_text().splitlines() if page.exists() else []
    samples = (line.rpartition(" ") for line in lines if line.startswith("plotman_tick_"))
    return {name: float(value) for name, _, value in samples}


def test_a_test_message_gets_to_every_target_that_takes_it(
    scratch: Scratch, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(Server()) as well, serving(Server(status=403)) as ill:
        hook = scratch.root / "hook"
        hook.write_text(f"{ill.url}\n")
        monkeypatch.setenv("HOOK", well.url)
        wish(scratch, "{targets: ['${HOOK}']}")
        answer = scratch.run("notify", "test")
        assert (answer.code, answer.out, answer.err) == (0, "${HOOK}: took the message\n", "")
        assert well.titles()[0].endswith(": a test")
        wish_line = f"notify: {{targets: ['${{HOOK}}', {{file: {hook}}}]}}"
        scratch.spec.write_text(scratch.spec.read_text().replace("notify: {targets: ['${HOOK}']}", wish_line))
        answer = scratch.run("notify", "test")
        assert (answer.code, answer.out) == (4, "${HOOK}: took the message\n")
        assert answer.err == f"{hook}: JSON: it answers HTTP 403\n"
        monkeypatch.delenv("HOOK")
        answer = scratch.run("notify", "test")
        assert answer.code == 1
        assert "export HOOK" in answer.err
        assert "hunter2" not in answer.err


def test_without_notify_there_is_nothing_to_test(scratch: Scratch) -> None:
    answer = scratch.run("notify", "test")
    assert (answer.code, answer.out) == (64, "")
    assert "the spec has no notify" in answer.err


def test_a_url_in_the_spec_is_refused_with_the_remedy_and_not_repeated(scratch: Scratch) -> None:
    wish(scratch, "{targets: [json://someone:hunter2@host]}")
    for line in ("plan", "config validate", "apply --once", "notify test"):
        answer = scratch.run(*line.split())
        assert answer.code == 65
        assert "write ${PLOTMAN_NOTIFY}" in answer.err
        assert "hunter2" not in answer.err + answer.out


def test_events_are_listed(scratch: Scratch) -> None:
    assert "job-failed" in scratch.run("notify", "events").out


@pytest.mark.parametrize("hangs", [False, True])
def test_a_loop_tells_and_a_server_that_hangs_holds_up_neither_ticks_nor_the_end(
    scratch: Scratch, hangs: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(Server(hangs=hangs)) as server:
        # It is given longer for its answer than anything here waits.
        monkeypatch.setenv("HOOK", f"{server.url}?rto=600")
        wish(scratch, "{targets: ['${HOOK}'], batch: 0, nearly_full: 1PB}")
        scratch.spec.write_text(
            scratch.spec.read_text().replace("scheduling: {", "scheduling: {tick: 0.2s, ")
        )
        page = scratch.root / "plotman.prom"
        command = [sys.executable, "-c", HASTY, "plot", "--metrics-textfile", str(page)]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=ROOT
        ) as loop:
            try:
                assert server.came.wait(DEADLINE)
                wait_for(lambda: scratch.ids() == ["5ca1ab1e"])
                wait_for(lambda: bool(ticks(page)))
                begun = ticks(page)["plotman_tick_total"]
                wait_for(lambda: ticks(page)["plotman_tick_total"] >= begun + 10)
                assert scratch.run("suspend", "all").out == "5ca1ab1e is suspended\n"
                loop.terminate()
            except BaseException:
                loop.kill()
                raise
            shown, _ = loop.communicate(timeout=DEADLINE)
            assert loop.returncode == 0
        assert "hunter2" not in shown
        if not hangs:
            assert "dst-nearly-full" in server.lines()[0]


def test_troubles_beside_the_loop_are_told_too(scratch: Scratch, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(Server()) as server:
        monkeypatch.setenv("HOOK", server.url)
        wish(scratch, "{targets: [{url: '${HOOK}', events: [loop-trouble]}], batch: 0}")
        scratch.spec.write_text(scratch.spec.read_text().replace("scheduling: {", "scheduling: {tick: 1s, "))
        command = [sys.executable, "-m", "reconciler", "plot", "--metrics-textfile", "/nowhere/plotman.prom"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as loop:
            assert server.came.wait(DEADLINE)
            loop.terminate()
            loop.communicate(timeout=DEADLINE)
        assert "loop-trouble loop: --metrics-textfile: /nowhere" in server.lines()[0]
