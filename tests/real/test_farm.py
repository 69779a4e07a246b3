"""A farm of real plots runs from its spec to its end, within its limits."""

from __future__ import annotations

from itertools import pairwise

from .conftest import Make
from .driver import Place
from .sight import whole


def test_every_plot_is_made_within_the_limits_and_stands_exactly_once_at_the_farm(make: Make) -> None:
    farm = make(
        plotting={"stop_after": 4},
        scheduling={"max_jobs": 3, "tmp": {"max_jobs": 2, "stagger": {"until": "2:1", "at_most": 1}}},
    )
    with farm.watched() as most:
        farm.settle()
    names = farm.stored()
    assert len(names) == len(set(names)) == 4
    assert farm.left() == []
    assert all(whole(path) for disk in farm.disks for path in disk.iterdir())
    assert most.jobs <= 3
    assert {start.tmp for start in farm.starts()} == {str(path) for path in farm.tmps}
    assert max(most.tmps.values()) <= 2
    assert most.transfers <= 2
    assert {*most.disks.values(), *most.sources.values()} <= {1}
    assert len(farm.started("plot")) == len(farm.started("move")) == 4
    began = sorted((start.tmp, start.since.up, start.milestones[0]) for start in farm.starts())
    assert len(began) == 4
    for (tmp, up, first_phase), (next_tmp, next_up, _) in pairwise(began):
        assert tmp != next_tmp or next_up >= up + first_phase, "two jobs of one tmp in their first phase"


def test_the_next_job_starts_when_one_ends_and_not_at_the_next_tick(make: Make) -> None:
    farm = make(plotting={"stop_after": 3}, scheduling={"tick": "1h", "max_jobs": 1}, archive=None)
    farm.dies(Place("spawn: performed"))
    farm.settle()
    assert len(farm.landed()) == 3
