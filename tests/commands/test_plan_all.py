"""`plan --all`: a config repository planned from what its hosts recorded, for the pull request that changes it."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler import documents
from reconciler.commands.screen import Screen
from reconciler.fleet import spread
from reconciler.fleet.outlook import FleetPlan, Outlook
from reconciler.state import Instant, Known, Temp
from reconciler.views import fleet_plan, markdown
from reconciler.views.symbols import UNICODE
from tests.benchmarks.fleet_plan import observed

from .conftest import Answer

FARMER, POOL = "a" * 96, "b" * 96
BASE = f"""\
version: 3
directories:
  tmp: [/mnt/tmp/00, /mnt/tmp/01]
  dst: [/mnt/dst/00]
  logs: /var/lib/plotman/logs
plotting: {{keys: {{farmer: {FARMER}, pool: {POOL}}}}}
scheduling: {{max_jobs: 30, stagger: 0, tmp: {{max_jobs: 30, stagger: {{until: "5:0", at_most: 30}}}}}}
space: {{floor: 0}}
"""
PLAIN = "extends: ../base.yaml\n"


@dataclass(frozen=True)
class Repository:
    """A checkout, beside another of the target branch, and `plan --all` run in it."""

    root: Path
    target: Path
    plotman: Callable[..., Answer]

    def host(self, name: str, text: str = PLAIN, *, before: str | None = PLAIN, labels: str = "") -> None:
        """A host's file as it is, and as the target branch has it; None: it has none."""
        host = f"host: {{name: {name}, labels: {{{labels}}}}}\n"
        (self.root / "hosts" / f"{name}.yaml").write_text(text + host)
        if before is not None:
            (self.target / "hosts" / f"{name}.yaml").write_text(before + host)

    def snapshot(self, name: str, age: float = 60.0, temps: tuple[Temp, ...] = ()) -> None:
        """What a host has recorded. temps: temporary files on /mnt/tmp/00 that nobody owns."""
        seen = observed(name, 1)
        now = Instant(time.time() - age, seen.now.up, seen.now.boot)
        path = "/mnt/tmp/00"
        there = {path: replace(seen.directories[path], temps=Known(temps))} if temps else {}
        seen = replace(seen, now=now, farmers={}, directories={**seen.directories, **there})
        (self.root / "snapshots" / f"{name}.json").write_text(documents.to_json(seen))

    def plan(self, *options: object, compared: bool = True) -> Answer:
        base = ("--base", self.target) if compared else ()
        return self.plotman("plan", "--all", "--observed", "snapshots", *base, *options)

    def hosts(self, *options: object) -> dict[str, list[str]]:
        """Each host's news, the worst host first."""
        return {host["name"]: host["news"] for host in json.loads(self.plan("--json", *options).out)["hosts"]}


@pytest.fixture
def repository(tmp_path: Path, plotman: Callable[..., Answer], monkeypatch: pytest.MonkeyPatch) -> Repository:
    made = Repository(tmp_path / "head", tmp_path / "main", plotman)
    for root in (made.root, made.target):
        (root / "hosts").mkdir(parents=True)
        (root / "base.yaml").write_text(BASE)
    (made.root / "snapshots").mkdir()
    monkeypatch.chdir(made.root)
    return made


def test_a_change_shows_what_differs_and_no_ordinary_spawns(repository: Repository) -> None:
    for name in ("h01", "h02", "h03"):
        repository.host(name)
        repository.snapshot(name)
    assert "4 to spawn" in repository.plan(compared=False).out
    quiet = repository.plan("--detailed-exitcode")
    assert (quiet.code, quiet.out.splitlines()[-1]) == (0, "3 hosts: 3 without news")
    assert repository.plan("--markdown").out.startswith("### plotman: nothing changes\n")

    repository.host("h02", PLAIN + "plotting: {state: drained}\n")
    repository.host("h03", PLAIN + "plotting: {options: {threads: 4}}\n")
    assert repository.hosts() == {
        "h02": ["drain", "changes", "held", "spec"],
        "h03": ["spec"],
        "h01": ["nothing"],
    }
    answer = repository.plan("--detailed-exitcode")
    assert answer.code == 2
    assert "! plotting.state: running -> drained" in answer.out
    assert re.search(r"^- spawn +chia k32 +tmp 0\d -> dst 00", answer.out, re.MULTILINE)
    assert "== h01" not in answer.out
    page = repository.plan("--markdown").out
    assert "| **drain**, changes, held, spec |" in page and "1m ago" in page
    assert "h01" not in page
    assert repository.plan("--detailed-exitcode", "h03").code == 0


def test_a_terminal_with_colours_shows_the_same_lines(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.host("h01", PLAIN + "plotting: {state: drained}\n")
    repository.snapshot("h01")
    plain = repository.plan().out.splitlines()
    screen = Screen(UNICODE.coloured(), 500)
    monkeypatch.setattr("reconciler.commands.screen.Screen.of", lambda ascii: screen)
    assert repository.plan().out.splitlines() == plain


def test_a_change_of_the_base_reaches_all_that_extend_it(repository: Repository) -> None:
    for name in ("h01", "h02"):
        repository.host(name)
        repository.snapshot(name)
    (repository.root / "base.yaml").write_text(
        BASE.replace("max_jobs: 30, stagger: 0", "max_jobs: 20, stagger: 0")
    )
    for news in repository.hosts().values():
        assert news == ["changes", "held", "spec"]


def test_hosts_that_come_and_go_are_told(repository: Repository) -> None:
    repository.host("h01", before=None)
    repository.host("h02")
    for name in ("h01", "h02"):
        repository.snapshot(name)
    (repository.root / "hosts" / "h02.yaml").unlink()
    assert repository.hosts() == {"h02": ["removed"], "h01": ["new", "changes"]}
    assert "goes on by the last good spec" in repository.plan().out


def test_a_host_that_moved_to_another_file_is_the_same(repository: Repository) -> None:
    repository.host("h01")
    repository.snapshot("h01")
    (repository.root / "hosts" / "h01.yaml").rename(repository.root / "hosts" / "moved.yaml")
    assert repository.hosts() == {"h01": ["nothing"]}


def test_what_is_missing_or_broken_is_told_and_has_its_exit_code(repository: Repository) -> None:
    for name in ("h01", "h02"):
        repository.host(name)
    repository.snapshot("h01")
    answer = repository.plan("--detailed-exitcode")
    assert answer.code == 4
    assert "snapshots/h02.json is not there" in answer.out
    assert repository.plan("h01").code == 0

    (repository.root / "snapshots" / "h02.json").write_text('{"version": 1,\n "hots": 1}')
    answer = repository.plan("--markdown")
    assert answer.code == 65
    assert "snapshots/h02.json:2:2: hots: is not a key here; did you mean host?" in answer.err
    assert "**broken snapshot**" in answer.out

    (repository.root / "hosts" / "h03.yaml").write_text(PLAIN + "plottin: {}\n")
    answer = repository.plan()
    assert answer.code == 65
    assert "hosts/h03.yaml:2:1: plottin: is not a key here; did you mean plotting?" in answer.out
    assert list(repository.hosts()) == ["h03", "h02", "h01"]


def test_two_files_for_one_host_are_a_fault(repository: Repository) -> None:
    repository.host("h01")
    repository.snapshot("h01")
    text = (repository.root / "hosts" / "h01.yaml").read_text()
    (repository.root / "hosts" / "h02.yaml").write_text(text)
    answer = repository.plan()
    assert answer.code == 65
    assert "hosts/h02.yaml: host.name: 'h01' is the name of hosts/h01.yaml already" in answer.out


def test_what_a_guardrail_holds_back_is_6_where_nothing_else_is_left(repository: Repository) -> None:
    clean = PLAIN + "clean: {orphans_after: 6h}\nplotting: {state: drained}\n"
    repository.host("h01", clean + "approve: [clean]\n", before=clean)
    orphan = Temp(
        directory="/mnt/tmp/00",
        plot_id="c" * 64,
        files=(f"plot-k32-2026-01-01-00-00-{'c' * 64}.plot.sort.tmp",),
        bytes=1,
        newest=1e9,
    )
    repository.snapshot("h01", temps=(orphan,))
    assert repository.plan("--detailed-exitcode", compared=False).code == 6
    assert repository.hosts() == {"h01": ["guarded", "changes", "held", "spec"]}
    assert repository.plan("--detailed-exitcode").code == 2, "a clean that goes is a change"
    repository.host("h01", clean, before=clean + "approve: [clean]\n")
    assert repository.hosts() == {"h01": ["clean", "changes", "held", "spec"]}
    repository.host("h01", clean + "approve: [clean]\n", before=clean + "approve: [clean]\n")
    assert repository.plan("--detailed-exitcode").code == 0, "it was held before"


def test_a_home_of_another_name_than_here_is_no_difference(repository: Repository) -> None:
    repository.host("h01", PLAIN + "directories: {logs: ~/logs}\n")
    repository.snapshot("h01")
    file = repository.root / "snapshots" / "h01.json"
    file.write_text(file.read_text().replace('"/var/lib/plotman/logs"', '"/home/elsewhere/logs"'))
    answer = repository.plan(compared=False)
    assert "4 to spawn; 0 held" in answer.out and "known" not in answer.out


def test_limits_and_names_choose_hosts(repository: Repository) -> None:
    repository.host("h01", labels="ring: canary")
    repository.host("h02", labels="ring: stable")
    for name in ("h01", "h02"):
        repository.snapshot(name)
    assert list(repository.hosts("--limit", "ring=canary")) == ["h01"]
    assert list(repository.hosts("--limit", "ring!=canary")) == ["h02"]
    assert list(repository.hosts("h02")) == ["h02"]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("plan --all", "name their folder with --observed"),
        ("plan --all --observed nowhere", "nowhere is no folder"),
        ("plan --all --observed snapshots --out x", "leave --watch, --out and --spec out"),
        ("plan --all --observed snapshots --json --markdown", "exclude each other"),
        ("plan --all --observed snapshots h99", "there is no host 'h99'"),
        ("plan --all --observed snapshots --limit ring=", ""),
        ("plan --all --observed snapshots --hosts ../main/hosts --base ../main", "outside of this checkout"),
        ("plan --markdown", "go with --all"),
        ("plan h01", "go with --all"),
    ],
)
def test_what_cannot_be_meant_is_wrong_usage(repository: Repository, line: str, told: str) -> None:
    repository.host("h01")
    repository.snapshot("h01")
    answer = repository.plotman(*line.split())
    assert (answer.code, told in answer.err) == (64 if told else 0, True)


def test_many_hosts_are_planned_by_other_processes_alike(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spread, "FEW", 1)
    for number in range(4):
        repository.host(f"h{number}", PLAIN + f"plotting: {{nice: {number}}}\n")
        repository.snapshot(f"h{number}")
    (repository.root / "hosts" / "odd.yaml").write_text("{")
    there = json.loads(repository.plan("--json").out)
    monkeypatch.setattr(spread, "FEW", 1000)
    assert json.loads(repository.plan("--json").out) == {
        **there,
        "asked_at": pytest.approx(there["asked_at"], abs=60),
    }


def test_keys_are_in_no_answer(repository: Repository) -> None:
    repository.host("h01", PLAIN + f"plotting: {{keys: {{farmer: {'c' * 96}}}}}\n")
    repository.snapshot("h01")
    for options in ((), ("--json",), ("--markdown",)):
        answer = repository.plan(*options)
        assert "plotting.keys.farmer" in answer.out
        assert "a" * 20 not in answer.out and "c" * 20 not in answer.out


@given(st.integers(0, 400), st.integers(0, 300), st.integers(700, 20_000))
@settings(max_examples=50, deadline=None)
def test_a_page_is_never_longer_than_it_may_be(hosts: int, lines: int, limit: int) -> None:
    text = "\n".join(["💾" * 50] * lines)
    outlooks = tuple(
        Outlook(name=f"h{number}", path="", labels={"ring": "|" * 20}, trouble="new", note=text)
        for number in range(hosts)
    )
    page = fleet_plan.page(FleetPlan(outlooks, None, 0.0), limit)
    assert markdown.length(page) <= limit
    assert page.count("<details>") == page.count("</details>")
    assert page.count("\n```") % 2 == 0
    if hosts and ("more host" not in page):
        assert page.count("| new |") == hosts
