"""The page of metrics: true, parseable, and bounded whatever the farm does."""

from __future__ import annotations

import math
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from reconciler.facts import Facts
from reconciler.farmer import Disk, Farmer
from reconciler.plan import plan_facts
from reconciler.state import Absent, Ident, Known, Phase, Space, Unknown
from reconciler.views import metrics
from reconciler.views.metrics import Look
from reconciler.world import Usage

from .revisions import REFUSED, under
from .samples import (
    FIRST,
    GB,
    KEY,
    MANY,
    NOW,
    SECOND,
    WAITING,
    Condition,
    Override,
    Temp,
    Transfer,
    ago,
    directory,
    facts,
    farm_at_work,
    job,
    observation,
    plot,
    spec,
    transfer,
)

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]
promtool = pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")


def text(given: Facts, **usage: Usage) -> str:
    by_ident = {each.ident: usage[each.id] for each in given.all_jobs if each.ident and each.id in usage}
    writers = {"archiving": False, "plotting": True}
    return metrics.text(
        Look(version="1.2", facts=given, plan=plan_facts(given), usage=by_ident, writers=writers)
    )


def samples(page: str) -> Samples:
    found: Samples = {}
    for family in text_string_to_metric_families(page):
        assert family.documentation
        assert family.type != "unknown"
        for sample in family.samples:
            key = sample.name, frozenset(sample.labels.items())
            assert key not in found, f"{key} is there twice"
            found[key] = sample.value
    return found


def value(found: Samples, name: str, **labels: str) -> float:
    return found[name, frozenset(labels.items())]


def several() -> tuple[Any, ...]:
    return (
        job(
            "aaaaaaaaaaaa",
            "/mnt/tmp/00",
            since=ago(9000),
            phase=Known(Phase(3, 2)),
            ident=Ident("boot", 1, 1),
        ),
        job("bbbbbbbbbbbb", "/mnt/tmp/01", run="suspended", plot_id=Known(SECOND), ident=Ident("boot", 2, 1)),
        job("cccccccccccc", "/mnt/tmp/01", trouble="disk full", phase=Unknown("no log"), ident=None),
    )


def test_jobs_are_counted_by_state_and_phase() -> None:
    ignore = Override(verb="ignore", target="bbbbbbbbbbbb", since=ago(5), who="me")
    found = samples(text(facts(*several(), overrides=Known((ignore,)))))
    states = {state: value(found, "plotman_jobs", state=state) for state in metrics.STATES}
    assert states == {**dict.fromkeys(metrics.STATES, 0), "running": 1, "ignored": 1, "stuck": 1}
    phases = {phase: value(found, "plotman_jobs_in_phase", phase=phase) for phase in metrics.PHASES}
    assert phases == {**dict.fromkeys(metrics.PHASES, 0), "1": 1, "3": 1, "unknown": 1}
    assert value(found, "plotman_jobs_limit") == 3


def test_the_original_s_names_tell_each_job_by_its_rank() -> None:
    temp = Temp(directory="/mnt/tmp/00", plot_id=FIRST, files=("a",), bytes=7 * GB, newest=NOW.at)
    seen = observation(*several()).directories
    tmp = directory("/mnt/tmp/00", temps=Known((temp,)))
    used = Usage(memory=4 * GB, user=100.5, system=20, io=3)
    found = samples(text(facts(*several(), directories={**seen, "/mnt/tmp/00": tmp}), aaaaaaaaaaaa=used))
    oldest = {
        "rank": "1", "tmp_dir": "/mnt/tmp/00", "dst_dir": "/mnt/dst/00", "run_status": "RUN", "phase": "3:2",
    }  # fmt: skip
    told = {name: found[name, labels] for name, labels in found if labels == frozenset(oldest.items())}
    assert told == {
        "plotman_plot_phase_major": 3, "plotman_plot_phase_minor": 2, "plotman_plot_tmp_usage": 7 * GB,
        "plotman_plot_mem_usage": 4 * GB, "plotman_plot_user_time": 100.5, "plotman_plot_sys_time": 20,
        "plotman_plot_iowait_time": 3, "plotman_plot_phase_major_minor": 3.2,
    }  # fmt: skip
    majors = [dict(labels)["rank"] for name, labels in found if name == "plotman_plot_phase_major"]
    assert sorted(majors) == ["1", "2"], "what is not known is left out"


@pytest.mark.parametrize(
    ("phase", "both"), [((1, 0), 1.0), ((2, 3), 2.3), ((3, 9), 3.9), ((3, 10), 3.9), ((4, 1), 4.1)]
)
def test_a_phase_as_one_number_never_reaches_the_next_phase(phase: tuple[int, int], both: float) -> None:
    found = samples(text(facts(job("aaaaaaaaaaaa", "/mnt/tmp/00", phase=Known(Phase(*phase))))))
    assert [told for (name, _), told in found.items() if name == "plotman_plot_phase_major_minor"] == [both]


def test_room_is_told_by_directory_and_role() -> None:
    given = facts(job("aaaaaaaaaaaa", "/mnt/tmp/00"))
    found = samples(text(given))
    assert value(found, "plotman_dir_free_bytes", dir="/mnt/tmp/00", role="tmp") == 2000 * GB
    assert value(found, "plotman_dir_total_bytes", dir="/var/log/plotman", role="logs") == 4000 * GB
    promised = value(found, "plotman_dir_promised_bytes", dir="/mnt/tmp/00", role="tmp")
    assert promised == given.promised["device of /mnt/tmp/00"] > 0
    assert value(found, "plotman_dir_promised_bytes", dir="/mnt/tmp/01", role="tmp") == 0


@pytest.mark.parametrize(
    "space", [Absent("is not mounted"), Unknown("no answer"), Known(Space("d", 1, 2, False))]
)
def test_a_directory_that_is_away_or_read_only_is_down(space: Any) -> None:
    seen = observation().directories
    away = directory("/mnt/dst/00", space=space)
    found = samples(text(facts(directories={**seen, "/mnt/dst/00": away})))
    assert value(found, "plotman_dir_up", dir="/mnt/dst/00", role="dst") == 0
    assert value(found, "plotman_dir_up", dir="/mnt/dst/01", role="dst") == 1
    told = ("plotman_dir_free_bytes", frozenset({"dir": "/mnt/dst/00", "role": "dst"}.items())) in found
    assert told == isinstance(space, Known)


def test_farmers_disks_and_what_is_under_way() -> None:
    disks = (
        Disk(path="/farm/07", space=Known(Space("far", 2100 * GB, 4000 * GB)), count=12),
        Disk(path="/farm/08", space=Absent("is not mounted")),
    )
    farmers = {
        "near": Farmer(name="near", disks=Known(disks)), "far": Farmer(name="far", disks=Unknown("no answer")),
    }  # fmt: skip
    moving = Transfer(
        id="eeeeeeeeeeee", plot=plot("/mnt/dst/00").name, source="/mnt/dst/00", farmer="near", disk="/farm/07",
        bytes=108 * GB, done=30 * GB, outcome="running", since=ago(60), log="/l",
    )  # fmt: skip
    found = samples(text(facts(plots=(plot("/mnt/dst/00"),), farmers=farmers, transfers=Known((moving,)))))
    assert [value(found, "plotman_farmer_up", farmer=name) for name in ("near", "far")] == [1, 0]
    assert value(found, "plotman_farmer_disk_up", farmer="near", disk="/farm/07") == 1
    assert value(found, "plotman_farmer_disk_up", farmer="near", disk="/farm/08") == 0
    assert value(found, "plotman_farmer_disk_plots", farmer="near", disk="/farm/07") == 12
    assert [value(found, "plotman_transfers", farmer=name) for name in ("near", "far")] == [1, 0]
    assert value(found, "plotman_transfers_size_bytes", farmer="near") == 108 * GB
    assert value(found, "plotman_transfers_done_bytes", farmer="near") == 30 * GB
    assert value(found, "plotman_plots_waiting", dir="/mnt/dst/00") == 1


def test_what_comes_to_a_disk_how_fresh_that_is_and_what_failed_there() -> None:
    found = samples(text(facts(**farm_at_work())))
    assert value(found, "plotman_farmer_answer_age_seconds", farmer="farmer1") == 8
    assert value(found, "plotman_farmer_disk_coming_plots", farmer="farmer1", disk="/farm/07") == 2
    assert value(found, "plotman_farmer_disk_coming_bytes", farmer="farmer1", disk="/farm/07") == 109.2 * GB
    assert value(found, "plotman_farmer_disk_failures", farmer="farmer1", disk="/farm/08") == MANY
    quarantined = [
        value(found, "plotman_farmer_disk_quarantined", farmer="farmer1", disk=disk)
        for disk in ("/farm/07", "/farm/08")
    ]
    assert quarantined == [0, 1]
    assert value(found, "plotman_transfers_stuck", farmer="farmer1") == 0
    silent = samples(text(facts(transfers=Known((transfer(1, since=ago(900), at=NOW.at - 600),)))))
    assert value(silent, "plotman_transfers_stuck", farmer="farmer1") == 1


def test_a_disk_without_bounds_has_no_size() -> None:
    disk = Disk(path="/bucket", space=Known(Space("b", 0, 0)), boundless=True)
    found = text(facts(farmers={"farmer1": Farmer(name="farmer1", disks=Known((disk,)))}))
    assert 'plotman_farmer_disk_up{disk="/bucket",farmer="farmer1"} 1.0' in found
    assert "free_bytes{disk=" not in found


def test_holds_actions_conditions_and_pauses() -> None:
    pause = Override(verb="pause", target="plotting", since=ago(5), who="me")
    conditions = (
        Condition("JobStuck", "a", "x"),
        Condition("JobStuck", "b", "y"),
        Condition("ClockSetBack", "c", "z"),
    )
    found = samples(text(facts(overrides=Known((pause,)), conditions=conditions)))
    assert value(found, "plotman_holds", kind="spawn", rule="paused") == 2
    assert value(found, "plotman_actions_planned", kind="spawn") == 0
    assert value(found, "plotman_conditions", type="JobStuck") == 2
    assert value(found, "plotman_paused", work="plotting") == 1
    assert value(found, "plotman_paused", work="archiving") == 0
    assert value(found, "plotman_lock_held", work="plotting") == 1
    assert value(found, "plotman_lock_held", work="archiving") == 0
    assert value(found, "plotman_build_info", version="1.2") == 1


def test_nobody_is_missed_for_work_that_the_spec_does_not_ask_for() -> None:
    found = samples(text(facts(of=spec(plotting=None, archive=[]))))
    assert not any(name in ("plotman_lock_held", "plotman_paused") for name, _ in found)


def test_what_cannot_be_told_is_told_to_be_so() -> None:
    found = samples(text(facts(jobs=Unknown("no /proc"), starts=Known(()))))
    assert value(found, "plotman_observation_unknown", source="processes") == 1
    assert value(found, "plotman_observation_unknown", source="journal") == 0
    assert value(found, "plotman_holds", kind="spawn", rule="known") > 0


@given(st.lists(st.text(min_size=1), min_size=1, max_size=4, unique=True))
def test_whatever_a_disk_is_called_the_page_stays_valid(paths: list[str]) -> None:
    disks = Known(tuple(Disk(path=path, space=Known(Space("d", 1, 2))) for path in paths))
    samples(text(facts(farmers={"farmer1": Farmer(name="farmer1", disks=disks)})))


def test_no_label_names_a_plot_a_job_or_a_secret() -> None:
    disk = Disk(path=f"/farm/{KEY}", space=Known(Space("d", 1, 2)))
    page = text(
        facts(
            *several(), plots=(plot("/mnt/dst/00"),),
            farmers={"farmer1": Farmer(name="farmer1", disks=Known((disk,)))},
        )
    )  # fmt: skip
    for name in (FIRST, SECOND, WAITING, KEY, "aaaaaaaa", "bbbbbbbb"):
        assert name[:8] not in page.replace(f"{KEY[:10]}...", "")


def test_a_thousand_plots_later_there_are_as_many_series() -> None:
    def keys(page: str) -> set[tuple[str, frozenset[tuple[str, str]]]]:
        return set(samples(page))

    few = facts(of=spec(plotting=None), plots=(plot("/mnt/dst/00"),))
    many = facts(
        of=spec(plotting=None), plots=tuple(plot("/mnt/dst/00", f"{number:064x}") for number in range(1000))
    )
    left = {key for key in keys(text(many)) ^ keys(text(few)) if key[0] != "plotman_holds"}
    assert left == set()


@promtool
def test_promtool_finds_no_fault_with_the_page() -> None:
    used = Usage(memory=4 * GB, user=100.5, system=20, io=3)
    page = text(facts(*several(), plots=(plot("/mnt/dst/00"),)), aaaaaaaaaaaa=used)
    told = subprocess.run(
        ["promtool", "check", "metrics"], input=page, capture_output=True, text=True, check=False
    )
    assert (told.returncode, told.stdout, told.stderr) == (0, "", "")


EXAMPLES = Path(__file__).parents[2] / "examples" / "prometheus"


@promtool
@pytest.mark.parametrize(
    "arguments", [("check", "rules", "alerts.yaml"), ("test", "rules", "alerts.test.yaml")]
)
def test_promtool_finds_no_fault_with_the_alert_rules(arguments: tuple[str, ...]) -> None:
    told = subprocess.run(["promtool", *arguments], capture_output=True, text=True, cwd=EXAMPLES, check=False)
    assert told.returncode == 0, told.stdout + told.stderr


def rules() -> list[dict[str, Any]]:
    (group,) = yaml.safe_load((EXAMPLES / "alerts.yaml").read_text())["groups"]
    found: list[dict[str, Any]] = group["rules"]
    return found


def test_each_alert_has_a_test_that_sees_it_fire() -> None:
    tests = yaml.safe_load((EXAMPLES / "alerts.test.yaml").read_text())["tests"]
    seen = {case["alertname"] for each in tests for case in each["alert_rule_test"] if case.get("exp_alerts")}
    assert seen == {rule["alert"] for rule in rules()}


COUNTED = {"plotman_last_tick_timestamp_seconds", "plotman_jobs_ended_total"}
"""What only a running loop tells; tests/commands/test_prometheus.py sees it there."""


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["alert"])
def test_alerts_ask_for_metrics_and_labels_that_exist(rule: dict[str, Any]) -> None:
    page = text(under(REFUSED, facts(*several(), plots=(plot("/mnt/dst/00"),))))
    families = {name for name, _ in samples(page)}
    families |= set(re.findall(r"^# TYPE (\w+)", page, re.M)) | COUNTED
    asked = set(re.findall(r"plotman_\w+", rule["expr"]))
    assert asked <= families
    for name, label, wanted in re.findall(r'(plotman_\w+)\{(\w+)="(\w+)"', rule["expr"]):
        values = {dict(labels)[label] for each, labels in samples(page) if each == name}
        assert name in COUNTED or name == "plotman_holds" or wanted in values
    assert asked or "up{" in rule["expr"]


def test_numbers_are_finite() -> None:
    assert all(math.isfinite(number) for number in samples(text(facts(*several()))).values())
