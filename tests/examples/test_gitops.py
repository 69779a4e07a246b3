"""The example's config repository: its hosts, and its workflows' own steps for requests on a real git server."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from glob import glob
from pathlib import Path
from typing import Any

import pytest

from reconciler import documents
from reconciler.fit import misfits
from reconciler.plotters import Plotters
from reconciler.sources.setting import load_setting
from reconciler.spec.loading import load
from tests.examples.fleet_forge import (
    EXAMPLE,
    GONE,
    LEFT_OUT,
    MERGE,
    File,
    Runner,
    Step,
    document,
    request,
    shims,
    shipped,
    steps,
)
from tests.sources.forge import Forge
from tests.test_examples import idle

HOSTS = {Path(path).stem: path for path in sorted(glob(f"{EXAMPLE}/hosts/*.yaml"))}

WORKFLOWS = ("plan", "promote")
JOBS = [(workflow, job) for workflow in WORKFLOWS for job in document(workflow)["jobs"]]
ALL_WELL = {
    "The request": 0,
    "What it would be merged into": 0,
    "What the hosts have seen": 0,
    "Validate": 0,
    "Plan": 0,
}
"""The exit codes of the steps of plan.yaml."""


# --- the documents -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", HOSTS)
def test_each_host_is_good_and_named_as_its_file(name: str) -> None:
    loaded = load(HOSTS[name])
    assert not loaded.warnings
    assert not misfits(loaded, Plotters.load())
    assert loaded.spec.host is not None
    assert loaded.spec.host.name == name
    assert loaded.spec.host.labels.keys() == {"ring", "site", "kind"}


def test_what_a_host_says_lies_over_its_group_and_that_over_the_base() -> None:
    specs = {name: load(path).spec for name, path in HOSTS.items()}
    tmps = {name: [place.path for place in spec.directories.tmp] for name, spec in specs.items()}
    assert tmps["h02"] == ["/mnt/nvme/0", "/mnt/nvme/1", "/mnt/nvme/2"]
    assert tmps["h03"] == ["/mnt/hdd/0", "/mnt/hdd/1", "/mnt/hdd/2"]
    assert [archive.name for archive in specs["h03"].archive] == ["here"]
    assert [archive.host for archive in specs["h04"].archive] == ["farmer1.berlin.lan"]


@pytest.mark.parametrize(
    ("name", "ref"), [("canary", "main"), ("stable", "stable"), ("stable-signed", "tag:stable")]
)
def test_a_source_document_is_good_and_names_a_host_of_its_ring(name: str, ref: str) -> None:
    setting = load_setting(f"{EXAMPLE}/machines/host/source.{name}.yaml")
    assert setting.ref == ref
    host = load(f"{EXAMPLE}/{setting.path}").spec.host
    assert host is not None
    assert name.startswith(host.labels["ring"])


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_finds_no_fault_in_the_collector(tmp_path: Path) -> None:
    for unit in (EXAMPLE / "machines" / "collector").iterdir():
        (tmp_path / unit.name).write_text(unit.read_text().replace("/usr/bin/python3", "/bin/true"))
    argv = ["systemd-analyze", "verify", "--man=no", *map(str, tmp_path.iterdir())]
    told = subprocess.run(argv, capture_output=True, text=True, timeout=300, check=False)
    assert (told.returncode, told.stdout, told.stderr) == (0, "", "")


# --- a pull request ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Site:
    """The repository as it is shipped, and what a runner of its workflows has. programs: a folder of PATH."""

    root: Path
    forge: Forge
    programs: Path

    def planned(self, files: Mapping[str, File]) -> tuple[dict[str, Step], str]:
        """What came of each step of plan.yaml for a request of that change, and the page that it would post."""
        request(self.forge, files)
        summary = self.root / "summary"
        environment = {
            "PATH": f"{self.programs}:{os.environ['PATH']}",
            "GITHUB_STEP_SUMMARY": str(summary),
        }
        runner = Runner(self.root / "runner", self.forge, MERGE, environment)
        done = runner.run("plan", "plan")
        page = (runner.workspace / "plan.md").read_text()
        assert summary.read_text() == page
        return done, page


@pytest.fixture
def site(tmp_path: Path) -> Site:
    forge = Forge(tmp_path / "farm.git")
    forge.commit(shipped())
    return Site(tmp_path, forge, shims(tmp_path / "bin"))


def snapshots() -> dict[str, str]:
    """What each host has published: an idle farm."""
    return {
        f"{name}.json": documents.to_json(replace(idle(load(path)), host=name))
        for name, path in HOSTS.items()
    }


def changed(path: str, old: str, new: str) -> dict[str, File]:
    text = (EXAMPLE / path).read_text()
    assert old in text
    return {path: text.replace(old, new)}


def codes(done: Mapping[str, Step]) -> dict[str, int]:
    return {name: step.code for name, step in done.items()}


def test_a_request_is_told_what_it_would_do_on_which_host(site: Site) -> None:
    site.forge.commit(snapshots(), branch="snapshots")
    done, page = site.planned(changed("groups/nvme.yaml", "jobs: 4", "jobs: 5"))
    assert codes(done) == ALL_WELL, done
    assert done["Validate"].out == "4 valid\n"
    assert "scheduling.tmp.max_jobs: 4 -> 5" in page
    assert "h01" in page and "h02" in page
    assert "h03" not in page and "h04" not in page


def test_a_request_that_is_no_good_fails_at_its_line_and_the_page_says_for_whom(site: Site) -> None:
    site.forge.commit(snapshots(), branch="snapshots")
    done, page = site.planned(changed("groups/hdd.yaml", "stagger: 2h", "stager: 2h"))
    assert codes(done) == {**ALL_WELL, "Validate": 65, "Plan": 65}
    assert "groups/hdd.yaml:10:14: scheduling.stager" in done["Validate"].err
    assert "did you mean stagger?" in page
    assert "h03" in page and "h04" in page


def test_before_the_first_collection_the_changes_of_the_specs_are_told(site: Site) -> None:
    done, page = site.planned(changed("groups/nvme.yaml", "jobs: 4", "jobs: 5"))
    assert codes(done) == {**ALL_WELL, "What the hosts have seen": 128}
    assert "::warning::a host has no snapshot" in done["Plan"].out
    assert "no snapshot, spec" in page
    assert "scheduling.tmp.max_jobs: 4 -> 5" in page


def test_a_host_that_is_taken_out_is_told(site: Site) -> None:
    site.forge.commit(snapshots(), branch="snapshots")
    done, page = site.planned({"hosts/h04.yaml": GONE})
    assert codes(done) == ALL_WELL
    assert "removed" in page and "h04" in page


# --- the gate ------------------------------------------------------------------------------------

WELL: dict[str, Any] = {
    "name": "h01",
    "verdict": "ok",
    "trouble": None,
    "report": {
        "at": 100_000.0,
        "conditions": [],
        "source": {
            "applied": {"commit": "4f1c2a9" + "0" * 33, "at": 10_000.0},
            "obstacle": None,
            "problem": None,
        },
    },
}
"""A canary that has followed 4f1c2a9 for 25 hours."""


def gate(*hosts: dict[str, Any], hours: str = "24") -> tuple[int, str]:
    """Its exit code, and what it prints."""
    argv = [sys.executable, str(EXAMPLE / "tools" / "gate.py"), "4f1c2a9" + "0" * 33, hours]
    given = json.dumps({"hosts": hosts})
    done = subprocess.run(argv, input=given, capture_output=True, text=True, timeout=300, check=False)
    assert done.stderr == ""
    return done.returncode, done.stdout


def report(**changes: Any) -> dict[str, Any]:
    return {**WELL, "report": {**WELL["report"], **changes}}


def source(**changes: Any) -> dict[str, Any]:
    return report(source={**WELL["report"]["source"], **changes})


def test_the_gate_opens_where_each_canary_has_followed_the_commit_long_enough() -> None:
    assert gate(WELL, {**WELL, "name": "h05"}) == (0, "h01 is well\nh05 is well\n")


@pytest.mark.parametrize(
    ("canary", "told"),
    [
        (
            {**WELL, "verdict": "unreachable", "report": None, "trouble": "no answer"},
            "is unreachable: no answer",
        ),
        (report(source=None), "follows no repository"),
        (source(obstacle="shrunk", problem="1 left of 3"), "the newest revision, shrunk: 1 left of 3"),
        (source(applied=None), "follows nothing, not 4f1c2a9"),
        (source(applied={"commit": "77d0be1" + "0" * 33, "at": 0.0}), "follows 77d0be1, not 4f1c2a9"),
        (source(applied={"commit": "4f1c2a9" + "0" * 33, "at": 20_000.0}), "for 22.2 h, not yet for 24 h"),
        ({**report(conditions=[{"message": "disk full"}]), "verdict": "attention"}, "h01 disk full"),
        ({**WELL, "verdict": "attention"}, "h01 nobody plots or archives there"),
    ],
)
def test_the_gate_is_shut_for_one_that_is_not_well_and_says_why(canary: dict[str, Any], told: str) -> None:
    code, out = gate({**WELL, "name": "h05"}, canary)
    assert code == 1
    assert told in out and "h05 is well" in out


def test_the_gate_is_shut_where_there_is_no_canary() -> None:
    assert gate() == (1, "no canary answers for it\n")


# --- the workflows -------------------------------------------------------------------------------


@pytest.mark.parametrize(("workflow", "job"), JOBS)
def test_a_job_may_do_no_more_than_it_must(workflow: str, job: str) -> None:
    assert document(workflow)["permissions"] == {}
    found = document(workflow)["jobs"][job]
    writes = {name for name, right in found["permissions"].items() if right != "read"}
    assert writes == {"comment": {"pull-requests"}, "stable": {"contents"}}.get(job, set())
    texts = [step.get("run", "") for step in found["steps"]]
    assert not any("${{" in text for text in texts), "what others wrote would become part of a command"


@pytest.mark.parametrize(("workflow", "job"), JOBS)
def test_actions_are_pinned_to_a_commit(workflow: str, job: str) -> None:
    used = [step["uses"] for step in steps(workflow, job) if "uses" in step]
    assert used
    assert all(re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40}", name) for name in used)


def test_a_request_from_a_fork_gets_no_right_to_write() -> None:
    plan = document("plan")
    assert plan["on"] == "pull_request"
    assert "head.repo.full_name == github.repository" in plan["jobs"]["comment"]["if"]
    assert not any("checkout" in step.get("uses", "") for step in plan["jobs"]["comment"]["steps"])


def test_the_steps_that_are_left_out_here_are_steps() -> None:
    assert {step["name"] for workflow, job in JOBS for step in steps(workflow, job)} >= LEFT_OUT
