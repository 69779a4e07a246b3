"""What holds for every plan that lets old plots give way to new ones."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler import actions, documents
from reconciler.facts import Facts
from reconciler.farmer import OldPlot
from reconciler.observation import Observation
from reconciler.plan import Plan, plan
from reconciler.plotters import Plotters
from reconciler.rules.retire import GB, choose
from reconciler.spec.loading import parse
from reconciler.spec.models import Spec
from reconciler.spec.tree import Value
from reconciler.spec.writing import write
from reconciler.state import Known
from tests.planning.later import later
from tests.planning.shorthand import observation

DISKS = ("/farm/0", "/farm/1", "/farm/2")
sizes = st.sampled_from([30, 60, 99, 100, 101, 210])
often = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@dataclass(frozen=True)
class Farm:
    spec: Spec
    seen: Observation


@st.composite
def farms(draw: st.DrawFn) -> Farm:
    """Two farmers, at most one of which lets plots give way; some disks are full, some history."""
    per_day, transfers = draw(st.sampled_from([1, 3, 3, 5])), draw(st.sampled_from([0, 1, 3, 3]))
    farmer: dict[str, Value] = {
        "limits": {"transfers": transfers, "per_source": 3},
        "floor": draw(st.sampled_from(["0", "20GB"])),
    }
    replace: Value = {
        "match": {"compression": "<7", "before": "2025-12-01"},
        "per_day": per_day,
        "keep_free": draw(st.sampled_from(["0", "50GB"])),
    }
    spec: Value = {
        "version": 3,
        "directories": {"tmp": "/tmp/00", "dst": "/dst/00", "logs": "/logs"},
        "archive": [
            {"name": "farm", "disks": [*DISKS], "replace": replace, **farmer},
            {"name": "other", "disks": ["/other/0"], **farmer},
        ],
    }
    number = iter(range(1000))

    def old() -> dict[str, Any]:
        plot: dict[str, Any] = {"plot": f"a{next(number):03}", "bytes": f"{draw(sizes)}GB"}
        plot["age"] = draw(st.sampled_from(["20d", "200d", "250d", "300d"]))
        plot["compression"] = draw(st.sampled_from([0, 0, 0, 7]))
        return plot

    rooms = st.sampled_from([0, 20, 30, 40, 50, 60, 70, 80, 90, 130])
    disks: dict[str, Any] = {
        path: {
            "free": f"{draw(rooms)}GB",
            "old": [old() for _ in range(draw(st.integers(1, 5)))],
        }
        for path in DISKS
    }
    removals = [
        {
            "plot": f"b{next(number):03}",
            "heir": draw(st.sampled_from(["e0", "e1", "f"])),
            "from": f"farm:{draw(st.sampled_from(DISKS))}",
            "age": age,
            "ended": age,
            "outcome": draw(st.sampled_from(["finished", "finished", "finished", "running", "failed"])),
            "kind": draw(st.sampled_from([None, "login"])),
        }
        for age in draw(st.lists(st.sampled_from(["5s", "2h", "30h"]), max_size=2))
    ]
    heirs = [{"plot": f"e{n}", "age": f"{n + 1}h"} for n in range(draw(st.integers(1, 4)))]
    other = draw(st.sampled_from([*[{"/other/0": {"free": "10GB"}}] * 4, {"unknown": "no answer"}]))
    seen = {
        "directories": {"/dst/00": {"plots": heirs}},
        "farmers": {"farm": disks, "other": other},
        "removals": removals,
    }
    loaded = parse(write(spec), "spec.yaml").spec
    return Farm(loaded, observation(seen, loaded))


def planned(farm: Farm, plotters: Plotters) -> Plan:
    return plan(farm.spec, farm.seen, plotters)


def retires(made: Plan) -> list[actions.Retire]:
    return [action for action in made.actions if isinstance(action, actions.Retire)]


def old_plots(seen: Observation) -> dict[tuple[str, str], OldPlot]:
    disks = seen.farmers["farm"].disks
    assert isinstance(disks, Known)
    return {
        (disk.path, plot.name): plot
        for disk in disks.value
        for plot in (disk.old.value if isinstance(disk.old, Known) else ())
    }


@often
@given(farm=farms())
def test_only_what_the_spec_means_gives_way_and_one_for_one(farm: Farm, plotters: Plotters) -> None:
    made, old = retires(planned(farm, plotters)), old_plots(farm.seen)
    for each in made:
        plot = old[each.disk, each.plot]
        assert each.farmer == "farm"
        assert plot.compression < 7
        assert farm.seen.now.at - plot.modified > 35 * 86400
        assert (each.bytes, each.modified, each.k) == (plot.bytes, plot.modified, plot.k)
    assert all(count == 1 for count in Counter(each.heir for each in made).values())
    assert all(count == 1 for count in Counter(each.disk for each in made).values())


@often
@given(farm=farms())
def test_nothing_gives_way_beyond_a_limit_or_on_the_ground_of_what_is_unknown(
    farm: Farm, plotters: Plotters
) -> None:
    plan_ = planned(farm, plotters)
    made, archive = retires(plan_), farm.spec.archiver("farm")
    if not made:
        return
    assert archive.replace is not None
    assert isinstance(farm.seen.farmers["other"].disks, Known)
    assert isinstance(farm.seen.removals, Known)
    facts = Facts(farm.spec, farm.seen, plotters)
    assert len(facts.replacing.spent("farm")) + len(made) <= archive.replace.per_day
    moves = [action for action in plan_.actions if action.kind == "archive"]
    running = [each for each in farm.seen.removals.value if each.outcome == "running"]
    assert len(made) + len(moves) + len(running) <= facts.streams.to(archive).number
    assert not {each.disk for each in made} & {each.disk for each in running}
    assert not {each.heir for each in made} & {each.heir for each in running}


@often
@given(farm=farms())
def test_nothing_gives_way_to_a_plot_that_has_room(farm: Farm, plotters: Plotters) -> None:
    made = planned(farm, plotters)
    for each in retires(made):
        disks = farm.seen.farmers["farm"].disks
        assert isinstance(disks, Known)
        size = 100 * GB
        moves = Counter(action.disk for action in made.actions if isinstance(action, actions.Archive))
        for disk in disks.value:
            assert isinstance(disk.space, Known)
            left = disk.space.value.free - size * moves[disk.path] - farm.spec.archiver("farm").floor
            assert left < size, f"{each.heir} fits on {disk.path}"


@often
@given(farm=farms())
def test_what_is_under_way_is_not_asked_for_again(farm: Farm, plotters: Plotters) -> None:
    made = planned(farm, plotters)
    again = plan(farm.spec, later(farm.seen, made), plotters)
    assert not {each.heir for each in retires(made)} & {each.heir for each in retires(again)}
    assert not {each.disk for each in retires(made)} & {each.disk for each in retires(again)}


@settings(often, max_examples=40)
@given(farm=farms())
def test_a_plan_and_its_observation_survive_json(farm: Farm, plotters: Plotters) -> None:
    made = planned(farm, plotters)
    seen = documents.observation_from_json(documents.to_json(farm.seen), "observed.json")
    assert planned(Farm(farm.spec, seen), plotters) == made
    assert documents.plan_from_json(documents.to_json(made), "plan.json") == made


@given(st.lists(st.tuples(sizes, st.integers(0, 5)), max_size=7), st.integers(1, 500))
def test_as_few_plots_go_as_can_be_and_no_larger_ones_than_needed(
    made_of: list[tuple[int, int]], gigabytes: int
) -> None:
    plots = sorted(
        (
            OldPlot(name=f"{n}", bytes=size * GB, modified=float(age), k=32, compression=0, contract="")
            for n, (size, age) in enumerate(made_of)
        ),
        key=lambda plot: (plot.modified, plot.name),
    )
    need = gigabytes * GB
    ways = [
        way
        for count in range(1, len(plots) + 1)
        for way in combinations(plots, count)
        if sum(plot.bytes for plot in way) >= need
    ]
    chosen = choose(plots, need)
    if not ways:
        assert chosen is None
        return
    assert chosen is not None
    first, count, total = chosen
    fewest = min(map(len, ways))
    assert count == fewest
    assert any(first in way and sum(p.bytes for p in way) == total for way in ways if len(way) == fewest)
    if fewest == 1:
        least = min(plot.bytes for plot in plots if plot.bytes >= need)
        assert first == next(plot for plot in plots if plot.bytes == least)
