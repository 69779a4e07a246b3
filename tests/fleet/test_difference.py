"""What a change changes: leaves of the spec by the names of things, actions and holds by what they mean."""

from __future__ import annotations

import pytest

from reconciler.fleet.difference import Difference, Leaf, difference, leaves
from reconciler.fleet.outlook import Outlook
from reconciler.plan import Plan, plan
from reconciler.plotters import Plotters
from reconciler.spec.loading import parse
from reconciler.spec.models import Spec
from tests.planning.cases import Case, cases

PLOTTERS = Plotters.load(["tests/planning/plotters"])
BASE = """\
version: 3
directories: {tmp: [/t/0, {path: /t/1, max_jobs: 2}], dst: [/d/0], logs: /logs}
plotting: {options: {threads: 2}}
archive: [{name: a, disks: /farm/*}, {name: b, disks: /barn/*}]
"""


def spec(text: str) -> Spec:
    return parse(text, "spec.yaml").spec


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("threads: 2", "threads: 4", [Leaf("plotting.options.threads", "2", "4")]),
        ("max_jobs: 2", "max_jobs: 3", [Leaf("directories.tmp[/t/1].max_jobs", "2", "3")]),
        ("[/t/0, {path: /t/1, max_jobs: 2}]", "[{path: /t/1, max_jobs: 2}, /t/0]", []),
        (
            "[/t/0, {path: /t/1, max_jobs: 2}]",
            "[{path: /t/1, max_jobs: 2}]",
            [Leaf("directories.tmp[/t/0]", "", None)],
        ),
        ("[/d/0]", "[/d/0, /d/1]", [Leaf("directories.dst[/d/1]", None, "")]),
        ("{name: a, disks: /farm/*}, ", "", [Leaf("archive[a]", "", None)]),
        ("plotting:", "space: {floor: 30GB}\nplotting:", [Leaf("space.floor", "20GB", "30GB")]),
        ("version: 3", "version: 3  # a comment", []),
    ],
)
def test_a_leaf_is_told_by_the_name_of_what_it_is_of(old: str, new: str, told: list[Leaf]) -> None:
    assert old in BASE
    found = leaves(spec(BASE), spec(BASE.replace(old, new, 1)))
    assert list(found) == told


def planned(case: Case) -> Plan:
    return plan(case.spec, case.observed, PLOTTERS)


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_a_plan_differs_from_itself_in_nothing_and_from_none_in_all(case: Case) -> None:
    made = planned(case)
    same = difference(case.spec, case.spec, made, planned(case))
    assert same == Difference((), (), (), (), ()) and not same.planned
    assert Outlook(name="h", path="h", plan=made, before=made, difference=same).news == ("nothing",)
    empty = Plan(host="h", now=made.now, expires_at=0, spec="", actions=(), holds=(), conditions=())
    there = difference(case.spec, case.spec, empty, made)
    back = difference(case.spec, case.spec, made, empty)
    assert there.come == back.gone == made.actions and there.held == back.freed == made.holds
    assert not (there.gone or there.freed or back.come or back.held)


def test_a_drained_host_is_news_and_worse_than_other_changes() -> None:
    drained = leaves(spec(BASE), spec(BASE.replace("plotting: {", "plotting: {state: drained, ")))
    gone = leaves(spec(BASE), spec(BASE.replace("/t/0, ", "")))
    more = leaves(spec(BASE), spec(BASE.replace("threads: 2", "threads: 4")))
    for found, news in ((drained, ("drain", "spec")), (gone, ("drain", "spec")), (more, ("spec",))):
        assert Outlook(name="h", path="h", difference=Difference(found, (), (), (), ())).news == news
