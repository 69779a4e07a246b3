"""What can be said of the container without Docker: its files fit together, and its main process drains real plots."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import yaml

from reconciler import journal
from reconciler.machine import LocalMachine
from reconciler.spec.units import parse_duration
from reconciler.state import Known
from tests.real import conftest
from tests.real.farm import ROOT, Farm
from tests.real.sight import PATIENCE, until, whole

DOCKER = ROOT / "examples" / "docker"
ENTRYPOINT = DOCKER / "entrypoint.py"
importable, make = conftest.importable, conftest.make


# --- the files -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def steps() -> list[tuple[str, str]]:
    """The Dockerfile's instructions and what they say."""
    text = re.sub(r"^#.*\n", "", (DOCKER / "Dockerfile").read_text(), flags=re.MULTILINE).replace("\\\n", " ")
    found = [line.partition(" ") for line in text.splitlines() if line.strip()]
    return [(name, said.strip()) for name, _, said in found]


@pytest.fixture(scope="module")
def service() -> Mapping[str, Any]:
    document = yaml.safe_load((DOCKER / "compose.yaml").read_text())
    found: Mapping[str, Any] = document["services"]["plotman"]
    return found


def test_the_image_gets_all_that_the_package_is_built_from(steps: list[tuple[str, str]]) -> None:
    copies = [shlex.split(said) for name, said in steps if name == "COPY"]
    sources = {source for *found, _ in copies for source in found}
    assert [source for source in sources if not (ROOT / source).exists()] == []
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    built = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert {
        "pyproject.toml",
        project["project"]["readme"],
        *built["packages"],
        *built["force-include"],
    } <= sources
    assert {name for name, _ in steps} <= {
        "FROM", "RUN", "COPY", "ARG", "USER", "ENV", "VOLUME", "STOPSIGNAL", "ENTRYPOINT", "CMD"
    }  # fmt: skip


def test_the_main_process_is_the_one_that_drains(
    steps: list[tuple[str, str]], service: Mapping[str, Any]
) -> None:
    told = dict(steps)
    program, script = json.loads(told["ENTRYPOINT"])
    assert f"examples/docker/entrypoint.py {script}" in [said for name, said in steps if name == "COPY"]
    assert program == "python3"
    assert told["STOPSIGNAL"] == "SIGTERM"
    assert json.loads(told["CMD"]) == ["apply"] == service["command"][:1]
    assert "init" not in service, "another main process would not drain"


def test_compose_sees_the_hosts_jobs_and_waits_for_its_own(service: Mapping[str, Any]) -> None:
    assert service["pid"] == "host"
    assert parse_duration(service["stop_grace_period"]) >= 24 * 3600
    assert service["hostname"]
    assert service["restart"] == "unless-stopped"
    targets = {
        each["target"] if isinstance(each, dict) else each.split(":")[1] for each in service["volumes"]
    }
    assert {"/etc/plotman", "/var/lib/plotman", "/etc/fstab", "/mnt"} <= targets
    assert (DOCKER / service["build"]["context"]).resolve() == ROOT
    assert (ROOT / service["build"]["dockerfile"]).exists()


@pytest.mark.parametrize(("age", "healthy"), [(0, True), (240, True), (360, False), (None, False)])
def test_it_is_healthy_by_its_newest_page(
    service: Mapping[str, Any], tmp_path: Path, age: float | None, healthy: bool
) -> None:
    shell, line = service["healthcheck"]["test"]
    page = service["command"][service["command"].index("--metrics-textfile") + 1]
    assert shell == "CMD-SHELL" and page in line
    here = tmp_path / "page"
    if age is not None:
        here.touch()
        os.utime(here, (here.stat().st_atime, here.stat().st_mtime - age))
    ran = subprocess.run(["sh", "-c", line.replace(page, str(here))], check=False, stderr=subprocess.DEVNULL)
    assert (ran.returncode == 0) == healthy


# --- the main process, on real plots -------------------------------------------------------------

QUICKLY = (
    "import sys; from importlib import util;"
    f"spec = util.spec_from_file_location('entrypoint', {str(ENTRYPOINT)!r});"
    "entrypoint = util.module_from_spec(spec); spec.loader.exec_module(entrypoint);"
    "entrypoint.PAUSE = 0.3; sys.exit(entrypoint.main(sys.argv[1:]))"
)


class Container:
    """The entrypoint as an ordinary process, which looks more often."""

    def __init__(self, farm: Farm, *arguments: str) -> None:
        self.said = farm.root / "container"
        env = {**os.environ, "PLOTMAN_SPEC": str(farm.path)}
        with self.said.open("ab") as said:
            self.process = farm.keep(
                subprocess.Popen(
                    [sys.executable, "-c", QUICKLY, *arguments], stdout=said, stderr=said, env=env
                )
            )

    def stop(self) -> None:
        """As `docker stop` begins."""
        told = self.told.count("stopping: waits")
        self.process.send_signal(signal.SIGTERM)
        until(lambda: self.told.count("stopping: waits") > told)

    def end(self) -> None:
        """Whatever runs. Of signals that come at once only one is noticed, hence the wait between them."""
        while self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(2.0)

    @property
    def told(self) -> str:
        return self.said.read_text()


Run = Callable[..., Container]


@pytest.fixture
def run(make: conftest.Make) -> Iterator[Run]:
    """Runs containers on one farm; their loops are ended after the test."""
    found: list[Container] = []

    def start(farm: Farm, *arguments: str) -> Container:
        found.append(Container(farm, *arguments))
        return found[-1]

    yield start
    for each in found:
        each.end()


def paused(farm: Farm) -> dict[str, str]:
    """What is paused, and why."""
    seen = farm.look().overrides
    assert isinstance(seen, Known)
    return {wish.target: wish.why for wish in seen.value if wish.verb == "pause"}


def holder(farm: Farm) -> int | None:
    """The pid of the loop."""
    told = LocalMachine().holder(journal.lock_path(str(farm.logs), "plotting"))
    found = re.search(r"pid (\d+)", told or "")
    return int(found[1]) if found is not None else None


def test_told_to_stop_it_lets_real_plots_finish_and_starts_no_other(make: conftest.Make, run: Run) -> None:
    farm = make(plotting={"stop_after": 50}, scheduling={"max_jobs": 1})
    container = run(farm, "apply")
    until(farm.running)
    container.stop()
    until(lambda: len(paused(farm)) == 2)
    assert container.process.wait(PATIENCE) == 0, container.told
    begun = len(farm.started())
    assert begun < 50
    assert not farm.running() and not farm.running("move")
    assert {start.outcome for start in farm.starts()} <= {"finished"}
    plots = [*farm.landed(), *(path for disk in farm.disks for path in disk.glob("*.plot"))]
    assert len(plots) == begun
    assert whole(plots[0])
    assert holder(farm) is None


@pytest.mark.slow
def test_a_persons_pause_stands_its_own_is_taken_back_and_told_twice_it_ends_at_once(
    make: conftest.Make, run: Run
) -> None:
    farm = make(plotting={"k": 24, "stop_after": 1})
    farm.says("pause", "archiving", "--why", "disks are swapped")
    first = run(farm, "apply")
    until(farm.running)
    job = farm.running()[0].pid
    first.stop()
    until(lambda: len(paused(farm)) == 2)
    assert paused(farm) == {"archiving": "disks are swapped", "plotting": "the container is being stopped"}
    assert first.process.poll() is None, "the job runs"
    first.end()
    assert first.process.returncode == 0
    assert [running.pid for running in farm.running()] == [job], "only a container's end would end it"
    run(farm, "apply")
    until(lambda: paused(farm) == {"archiving": "disks are swapped"})


@pytest.mark.slow
def test_a_loop_that_ends_by_itself_is_run_again_and_its_job_goes_on(make: conftest.Make, run: Run) -> None:
    farm = make(plotting={"k": 24, "stop_after": 1}, archive=None)
    container = run(farm, "plot")
    until(lambda: farm.running() and holder(farm) is not None)
    job, loop = farm.running()[0].pid, holder(farm)
    assert loop is not None
    os.kill(loop, signal.SIGKILL)
    until(lambda: holder(farm) not in (None, loop))
    assert f"the loop has ended with {-signal.SIGKILL}" in container.told
    assert [running.pid for running in farm.running()] == [job]
    begun = container.told.count("\n")
    container.process.send_signal(signal.SIGHUP)
    farm.path.write_text("wrong: 1\n")
    container.process.send_signal(signal.SIGHUP)
    until(lambda: "the last good one goes on" in container.told)
    assert container.told.count("\n") > begun
    assert container.process.poll() is None


def test_other_verbs_are_simply_run(make: conftest.Make, run: Run) -> None:
    farm = make()
    container = run(farm, "version")
    assert container.process.wait(PATIENCE) == 0
    assert container.told.startswith("plotman ")
