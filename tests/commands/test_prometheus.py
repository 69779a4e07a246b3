"""Metrics on the command line: one page from a look, and a running loop's, served and written."""

from __future__ import annotations

import contextlib
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
from prometheus_client.parser import text_string_to_metric_families

from reconciler.commands import metering
from reconciler.commands.context import Farm
from reconciler.commands.metering import Meter
from reconciler.events import Event, Ticked, Trouble
from reconciler.execute import Outcome
from reconciler.plan import plan_facts
from reconciler.state import Known, Unknown
from tests.ports import free_port
from tests.views.samples import GB, Start, Transfer, ago, facts, plot

from .conftest import DEADLINE, Scratch, wait_for

ROOT = Path(__file__).parents[2]


def values(page: str) -> dict[str, float]:
    """Each sample as ``name{label="value"}``."""
    found = {}
    for family in text_string_to_metric_families(page):
        for sample in family.samples:
            labels = ",".join(f'{name}="{value}"' for name, value in sorted(sample.labels.items()))
            found[f"{sample.name}{{{labels}}}" if labels else sample.name] = sample.value
    return found


def check(page: str) -> None:
    """As promtool judges it, where it is installed."""
    if shutil.which("promtool") is not None:
        told = subprocess.run(
            ["promtool", "check", "metrics"], input=page, capture_output=True, text=True, check=False
        )
        assert (told.returncode, told.stdout, told.stderr) == (0, "", "")


@pytest.fixture
def port() -> int:
    """One that nobody listens on."""
    return free_port()


@contextlib.contextmanager
def running(scratch: Scratch, *arguments: object) -> Iterator[subprocess.Popen[str]]:
    """A real loop in a process of its own."""
    command = [sys.executable, "-m", "reconciler", *map(str, arguments), "-f", str(scratch.spec)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=ROOT
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def fetched(port: int) -> str:
    """The page that is served there; empty while there is none."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=DEADLINE) as answer:
            return cast(bytes, answer.read()).decode()
    except OSError:
        return ""


def test_a_page_tells_what_is_now(scratch: Scratch) -> None:
    scratch.one_job()
    answer = scratch.run("prometheus")
    assert (answer.code, answer.err) == (0, "")
    check(answer.out)
    found = values(answer.out)
    assert sum(found[f'plotman_jobs{{state="{state}"}}'] for state in ("starting", "running")) == 1
    (memory,) = (value for name, value in found.items() if name.startswith("plotman_plot_mem_usage{"))
    assert memory > 0
    (temps,) = (name for name in found if name.startswith("plotman_plot_tmp_usage{"))
    assert f'tmp_dir="{scratch.root}/tmp/00"' in temps
    assert found['plotman_lock_held{work="plotting"}'] == 0
    assert "plotman_tick_total" not in found, "no loop, no counters"


def test_a_running_loop_serves_its_page_and_gives_the_address_back(scratch: Scratch, port: int) -> None:
    with running(scratch, "apply", "--metrics", f"127.0.0.1:{port}") as loop:
        done = 'plotman_actions_total{kind="spawn",result="done"}'
        wait_for(lambda: values(fetched(port)).get(done) == 1)
        wait_for(lambda: values(fetched(port)).get('plotman_jobs{state="pending"}') == 0)
        page = fetched(port)
        check(page)
        found = values(page)
        assert found["plotman_tick_total"] >= 1
        # A tick may end while the page is made.
        assert abs(found["plotman_tick_duration_seconds_count"] - found["plotman_tick_total"]) <= 1
        assert found['plotman_actions_total{kind="kill",result="failed"}'] == 0
        assert 0 < found["plotman_last_tick_timestamp_seconds"] <= time.time()
        assert (
            found['plotman_lock_held{work="plotting"}'] == found['plotman_lock_held{work="archiving"}'] == 1
        )
        loop.send_signal(signal.SIGTERM)
        assert loop.wait(DEADLINE) == 0
    socket.create_server(("127.0.0.1", port)).close()


@pytest.mark.parametrize(("host", "shown"), [("127.0.0.1", "127.0.0.1"), ("::1", "[::1]")])
def test_an_address_that_is_taken_is_told(host: str, shown: str, scratch: Scratch) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        server = socket.create_server((host, 0), family=family)
    except OSError:
        pytest.skip(f"this machine has no {host}")
    with server:
        address = f"{shown}:{server.getsockname()[1]}"
        answer = scratch.run("archive", "--metrics", address)
    assert (answer.code, answer.out) == (1, "")
    assert answer.err == f"--metrics: cannot listen on {address}: address already in use\n"


def test_an_address_is_had_as_long_as_it_is_needed(scratch: Scratch, port: int) -> None:
    farm = Farm.open(str(scratch.spec))
    with metering.metering(farm, ("127.0.0.1", port), None, print) as hear:
        assert "plotman_last_tick_timestamp_seconds" not in fetched(port)
        hear(tick())
        assert "plotman_last_tick_timestamp_seconds" in fetched(port)
    socket.create_server(("127.0.0.1", port)).close()


def test_a_trouble_with_the_file_is_told_once(scratch: Scratch) -> None:
    told: list[Event] = []
    with metering.metering(Farm.open(str(scratch.spec)), None, str(scratch.root), told.append) as hear:

        def heard() -> bool:
            hear(tick())
            return bool(told)

        wait_for(heard)
        for _ in range(5):
            hear(tick())
    (trouble,) = told
    assert isinstance(trouble, Trouble)
    assert trouble.text == f"--metrics-textfile: {scratch.root} cannot be written: is a directory"


def test_a_tick_s_page_is_written_for_node_exporter(scratch: Scratch) -> None:
    page = scratch.root / "plotman.prom"
    page.write_text("of yesterday")
    assert scratch.run("plot", "--once", "--metrics-textfile", page).code == 0
    check(page.read_text())
    found = values(page.read_text())
    assert found["plotman_tick_total"] == 1
    assert found['plotman_actions_total{kind="spawn",result="done"}'] == 1
    assert found["plotman_last_tick_timestamp_seconds"] > 0
    assert [path.name for path in scratch.root.glob("plotman.prom*")] == ["plotman.prom"]


def test_a_file_that_cannot_be_written_is_told_and_costs_nothing_else(scratch: Scratch) -> None:
    answer = scratch.run("plot", "--once", "--metrics-textfile", scratch.root / "no" / "plotman.prom")
    assert answer.code == 0
    assert "--metrics-textfile: " in answer.out
    assert "cannot be written: no such file or directory" in answer.out
    assert scratch.ids()


def test_a_loop_that_may_not_run_leaves_the_other_one_s_page_alone(
    scratch: Scratch, loop: subprocess.Popen[str]
) -> None:
    page = scratch.root / "plotman.prom"
    page.write_text("the other one's")
    assert scratch.run("apply", "--once", "--metrics-textfile", page).code == 5
    assert page.read_text() == "the other one's"
    assert loop.poll() is None


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("apply --metrics 9773", "'9773' is no address; write one such as 127.0.0.1:9773"),
        ("plot --metrics localhost:", "is no address"),
        ("archive --metrics 127.0.0.1:99999", "is no address"),
        ("apply --metrics 127.0.0.1:0", "is no address"),
        ("apply --metrics 127.0.0.1:٣", "is no address"),
        ("apply --metrics", "requires an argument"),
        ("apply --once --metrics 127.0.0.1:9773", "with --once use --metrics-textfile"),
        ("apply --dry-run --metrics-textfile x", "--dry-run counts nothing"),
        ("apply --metrics-textfile=", "empty name"),
        ("apply plan.json --metrics-textfile x", "leave the other options out"),
        ("prometheus more", "unexpected extra argument"),
    ],
)
def test_wrong_input_is_told_with_what_is_right(line: str, said: str, scratch: Scratch) -> None:
    answer = scratch.run(*line.split())
    assert (answer.code, answer.out) == (64, "")
    assert said in answer.err


LOOKS = (
    "import atexit, sys;"
    "atexit.register(lambda: print('prometheus_client' in sys.modules, file=sys.stderr));"
    "from reconciler.commands import main; main()"
)


@pytest.mark.parametrize(
    ("line", "imported"),
    [("version", False), ("--help", False), ("apply --once --only archive", False), ("history", False),
     ("prometheus", True), ("apply --once --only archive --metrics-textfile /dev/null/x", True)],
)  # fmt: skip
def test_only_metrics_cost_their_import(line: str, imported: bool, scratch: Scratch) -> None:
    told = subprocess.run(
        [sys.executable, "-c", LOOKS, *line.split()], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert told.stderr.splitlines()[-1] == str(imported)


# --- what is counted -----------------------------------------------------------------------------


def begun(number: int, **more: object) -> Start:
    told = Start(
        id=f"{number:012x}", since=ago(7200), plotter="chia", k=32, tmp="/mnt/tmp/00", dst="/mnt/dst/00",
        outcome="running", log="/l",
    )  # fmt: skip
    return replace(told, **more)  # type: ignore[arg-type]


def moved(number: int, **more: object) -> Transfer:
    told = Transfer(
        id=f"{number:012x}", plot=plot("/mnt/dst/00").name, source="/mnt/dst/00", farmer="farmer1", disk="/farm/07",
        bytes=108 * GB, outcome="running", since=ago(60), log="/l",
    )  # fmt: skip
    return replace(told, **more)  # type: ignore[arg-type]


def tick(starts: object = Known(()), transfers: object = Known(())) -> Ticked:
    seen = facts(starts=starts, transfers=transfers)
    return Ticked(seen, plan_facts(seen), ())


@pytest.fixture
def meter(scratch: Scratch) -> Meter:
    return Meter(Farm.open(str(scratch.spec)))


def test_what_ends_is_counted_once_and_from_the_first_tick_on(meter: Meter) -> None:
    long_ago = begun(1, outcome="failed")
    before = tick(Known((long_ago, begun(2), begun(3))), Known((moved(4), moved(5))))
    after = tick(
        Known((long_ago, begun(2, outcome="finished", seconds=7000.0), begun(3, outcome="killed"))),
        Known((moved(4, outcome="finished"), moved(5, outcome="failed"))),
    )
    for event in (before, after, tick(Unknown("no"), Unknown("no")), after):
        meter.hear(event)
    found = values(meter.page())
    ended = {name: value for name, value in found.items() if "_ended_total" in name}
    assert ended == {
        'plotman_jobs_ended_total{outcome="finished"}': 1,
        'plotman_jobs_ended_total{outcome="killed"}': 1,
        'plotman_transfers_ended_total{farmer="farmer1",outcome="finished"}': 1,
        'plotman_transfers_ended_total{farmer="farmer1",outcome="failed"}': 1,
    }
    assert found['plotman_archived_bytes_total{farmer="farmer1"}'] == 108 * GB
    assert found["plotman_plot_duration_seconds_sum"] == 7000
    assert found["plotman_tick_total"] == 4


def test_actions_are_counted_by_what_came_of_them(meter: Meter) -> None:
    action = plan_facts(facts()).actions[0]
    events: tuple[Event, ...] = (
        Outcome(action, "done", ""), Outcome(action, "failed", ""), Outcome(action, "failed", ""), Trouble("x"),
    )  # fmt: skip
    for event in events:
        meter.hear(event)
    found = values(meter.page())
    told = [found[f'plotman_actions_total{{kind="spawn",result="{result}"}}'] for result in metering.RESULTS]
    assert told == [1, 0, 2]
    assert found["plotman_troubles_total"] == 1
