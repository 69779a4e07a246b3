"""Which revision is followed, and why not the newest: the same in every view."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from reconciler import record
from reconciler.events import Planned
from reconciler.observe.conditions import of_source
from reconciler.plan import plan_facts
from reconciler.record.recorder import Recorder
from reconciler.views import metrics, revisions, status, words
from reconciler.views.events import Teller
from reconciler.views.metrics import Look
from reconciler.views.plan import PlanView
from reconciler.views.symbols import UNICODE

from .revisions import AWAY, NEW, OLD, REFUSED, WELL, under
from .samples import NOW, facts, spec


def test_a_plan_names_the_revision_instead_of_the_file() -> None:
    given = under(WELL)
    text = PlanView(given.spec, (), UNICODE).text(plan_facts(given, "sha256:4f1c"), given.seen, "h07.yaml")
    assert text.startswith("spec main@4f1c2a9 (signed by alice@farm) · observed")


def test_what_is_refused_is_told_with_what_is_in_force() -> None:
    (told,) = of_source(REFUSED)
    assert (told.type, told.subject) == ("SourceInvalid", WELL.source)
    assert told.message.startswith("main@77d0be1 is not in force, main@4f1c2a9 is: hosts/h07.yaml:3:1")
    assert "main@77d0be1 is not in force: hosts/h07.yaml:3:1" in str(revisions.held_up(REFUSED))


def test_a_repository_that_is_away_blames_no_revision() -> None:
    (told,) = of_source(AWAY)
    assert (told.type, told.message) == (
        "SourceUnreachable",
        "main@4f1c2a9 is in force: no answer within 30 s",
    )
    assert revisions.held_up(AWAY) == "git.lan/farm.git hosts/h07.yaml: no answer within 30 s"
    assert revisions.held_up(WELL) is None and of_source(WELL) == () and of_source(None) == ()


def test_json_holds_both_revisions() -> None:
    document = json.loads(status.to_json(under(REFUSED), ()))
    assert document["source"]["applied"]["commit"] == OLD.commit
    assert document["source"]["attempted"]["commit"] == NEW.commit
    assert json.loads(status.to_json(facts(), ()))["source"] is None


def test_metrics_tell_what_is_in_force_what_was_tried_and_what_is_in_the_way() -> None:
    given = under(REFUSED)
    page = metrics.text(Look(version="1", facts=given, plan=plan_facts(given), usage={}, writers={}))
    found = {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
        if sample.name.startswith("plotman_source")
    }
    assert found["plotman_source_revision_info", OLD.commit, "applied", "main"] == 1
    assert found["plotman_source_revision_info", NEW.commit, "attempted", "main"] == 1
    assert found["plotman_source_obstacle", "invalid"] == 1
    assert found["plotman_source_obstacle", "unreachable"] == 0
    assert found["plotman_source_verified",] == 1
    assert found["plotman_source_answer_timestamp_seconds",] == NOW.at


def test_a_revision_is_told_and_recorded_once_when_it_comes_into_force(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    path = record.path_of(str(tmp_path))
    ticks = [under(WELL), under(WELL), under(REFUSED), under(replace(WELL, applied=NEW, attempted=NEW))]
    said = Teller(spec(), UNICODE, NOW.at, 0)
    lines = []
    recorder = Recorder(path, lambda: NOW.at, words.clean, print)
    for given in ticks:
        event = Planned(given, plan_facts(given))
        lines += [line for line in said.tell(event) if "is in force" in line and "spec" in line]
        recorder.hear(event)
    # A loop that begins anew knows what the record tells.
    Recorder(path, lambda: NOW.at, words.clean, print).hear(Planned(ticks[3], plan_facts(ticks[3])))
    assert [line.partition(" spec ")[2] for line in lines] == [
        "main@4f1c2a9 (signed by alice@farm) of git.lan/farm.git hosts/h07.yaml is in force",
        "main@77d0be1 of git.lan/farm.git hosts/h07.yaml is in force, before main@4f1c2a9",
    ]
    entries = [entry for entry in record.read(path).entries if entry.what == "revision"]
    assert [entry.text for entry in entries] == [
        f"main@{OLD.commit}, signed by alice@farm",
        f"main@{NEW.commit}",
    ]
    assert {entry.result for entry in entries} == {"in force"}
