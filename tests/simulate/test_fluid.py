"""Work that shares resources: nobody gets more than there is, nobody less than could be given, nothing is lost."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.simulate.clock import Clock
from reconciler.simulate.disks import Disks
from reconciler.simulate.flow import Flow, Growth, Turn
from reconciler.simulate.fluid import Fluid
from reconciler.simulate.sharing import Demand, Resource, Shares, share

RESOURCES = ("cpu", "drive", "link")
positive = st.floats(0.01, 100.0)
capacities = st.lists(positive, min_size=3, max_size=3)
crowds = st.lists(
    st.tuples(
        st.lists(st.one_of(st.just(0.0), positive), min_size=3, max_size=3).filter(any),
        st.one_of(st.just(float("inf")), positive),
        st.integers(1, 5),
    ),
    min_size=1,
    max_size=6,
)
NEAR = 1e-6


def _given(
    capacities: list[float], crowds: list[tuple[list[float], float, int]], alpha: float = 0.0
) -> tuple[list[Resource], list[tuple[Demand, int]]]:
    resources = [
        Resource(name, capacity, alpha) for name, capacity in zip(RESOURCES, capacities, strict=True)
    ]
    every = [
        (Demand(dict(zip(resources, needs, strict=True)), widest), count) for needs, widest, count in crowds
    ]
    return resources, every


def _share(every: list[tuple[Demand, int]]) -> Shares:
    return share((demand.wants, count) for demand, count in every)


def _used(resource: Resource, every: list[tuple[Demand, int]], rates: dict[Demand, float]) -> float:
    return sum(count * rates[demand] * demand.needs[resource] for demand, count in every)


@given(capacities, crowds, st.sampled_from([0.0, 0.15]))
def test_no_resource_gives_more_than_it_has_and_no_flow_takes_more_than_it_would_alone(
    capacities: list[float], crowds: list[tuple[list[float], float, int]], alpha: float
) -> None:
    resources, every = _given(capacities, crowds, alpha)
    shares = _share(every)
    for resource in resources:
        streams = sum(count for demand, count in every if demand.needs[resource])
        used = _used(resource, every, dict(shares.rates))
        assert used <= resource.gives(streams, 0.0) * (1 + NEAR)
    assert all(0 <= shares.rates[demand] <= demand.wish * (1 + NEAR) for demand, _ in every)


@given(capacities, crowds)
def test_whoever_gets_less_than_alone_meets_a_full_resource_where_nobody_gets_a_larger_part(
    capacities: list[float], crowds: list[tuple[list[float], float, int]]
) -> None:
    resources, every = _given(capacities, crowds)
    rates = dict(_share(every).rates)
    parts = {demand: rates[demand] / demand.wish for demand, _ in every}
    for demand, _ in every:
        if parts[demand] >= 1 - NEAR:
            continue
        assert any(
            demand.needs[resource]
            and _used(resource, every, rates) >= resource.capacity * (1 - NEAR)
            and all(
                parts[other] <= parts[demand] * (1 + 1e-4) + NEAR
                for other, _ in every
                if other.needs[resource]
            )
            for resource in resources
        )


@given(capacities, crowds)
def test_one_more_flow_slows_nobody_down_that_shares_nothing_with_it(
    capacities: list[float], crowds: list[tuple[list[float], float, int]]
) -> None:
    _, every = _given(capacities, crowds)
    apart = Demand({Resource("apart", 1.0): 1.0})
    before, after = _share(every).rates, _share([*every, (apart, 3)]).rates
    assert all(after[demand] == before[demand] for demand, _ in every)


def test_crowding_costs_a_drive_its_part_and_oversubscription_the_processors_theirs() -> None:
    drive, cpu = Resource("drive", 100.0, alpha=0.15), Resource("cpu", 4.0, strain=0.15)
    assert _share([(Demand({drive: 1.0}), 1)]).rates.popitem()[1] == 100.0  # type: ignore[attr-defined]
    three = _share([(demand := Demand({drive: 1.0}), 3)])
    assert three.rates[demand] == pytest.approx(100.0 / 1.3 / 3)
    assert three.full[drive] == pytest.approx(1.0)
    calm, wild = (_share([(Demand({cpu: 1.0}, 1.0), count)]) for count in (4, 8))
    assert calm.used[cpu] == pytest.approx(4.0)
    assert wild.used[cpu] == pytest.approx(4.0 * 0.85)


class Place:
    """A clock, a device and a fluid, and when each flow was done."""

    def __init__(self) -> None:
        self.clock = Clock(1e9)
        self.disks = Disks(self.clock)
        self.device = self.disks.mount("/d", 10**9)
        self.fluid = Fluid(self.clock)
        self.done: dict[int, float] = {}

    def begin(self, number: int, flow: Flow) -> None:
        def finish() -> None:
            self.done[number] = self.clock.time

        flow.done = finish
        self.fluid.begin(flow)


def test_alone_it_takes_its_time_and_two_take_twice_that() -> None:
    place, drive = Place(), Resource("drive", 100.0)
    demand = Demand({drive: 1.0})
    place.begin(0, Flow(demand, 1000.0))
    place.clock.advance(20.0)
    assert place.done == {0: pytest.approx(10.0)}
    place.begin(1, Flow(demand, 1000.0))
    place.begin(2, Flow(demand, 1000.0))
    place.clock.advance(100.0)
    assert place.done[1] == place.done[2] == pytest.approx(40.0)
    assert drive.spent == pytest.approx(3000.0)
    assert drive.busy == pytest.approx(30.0)


def test_a_shorter_one_leaves_the_rest_its_speed() -> None:
    place, demand = Place(), Demand({Resource("drive", 1.0): 1.0})
    place.begin(0, Flow(demand, 10.0))
    place.begin(1, Flow(demand, 4.0))
    place.clock.advance(100.0)
    assert place.done == {1: pytest.approx(8.0), 0: pytest.approx(14.0)}


steps = st.lists(
    st.tuples(st.sampled_from(["begin", "hold", "go on", "wait"]), st.integers(0, 7), st.floats(0.1, 50.0)),
    max_size=40,
)


@given(steps, st.booleans())
def test_whatever_begins_stops_and_goes_on_all_work_is_done_once_and_every_byte_is_on_the_disk(
    steps: list[tuple[str, int, float]], shrinks: bool
) -> None:
    place = Place()
    drive, cpu = Resource("drive", 7.0, alpha=0.1), Resource("cpu", 3.0)
    demands = [Demand({drive: 1.0}), Demand({drive: 0.5, cpu: 1.0}, 2.0)]
    pace = -100.0 if shrinks else 1000.0
    flows: dict[int, Flow] = {}
    amounts: dict[int, float] = {}
    running: set[int] = set()
    for number, (what, which, size) in enumerate(steps):
        if what == "begin":
            file = place.disks.create(f"/d/{number}", size=10**5)
            amounts[number] = size
            flows[number] = Flow(demands[which % 2], size, (Growth(file, pace, max(0.0, pace * size)),))
            place.begin(number, flows[number])
            running.add(number)
        elif what == "wait":
            place.clock.advance(size)
        elif flows:
            chosen = sorted(flows)[which % len(flows)]
            if chosen in place.done:
                continue
            if what == "hold":
                place.fluid.end(flows[chosen])
            elif flows[chosen] not in place.fluid.flows:
                place.fluid.begin(flows[chosen])
        assert place.device.room >= 0
        files = sum(file.size for _, file in place.disks.listing("/d") if file is not None)
        assert files == place.device.used
    for number, flow in flows.items():
        if number not in place.done and flow not in place.fluid.flows:
            place.fluid.begin(flow)
    place.clock.advance(1e6)
    assert set(place.done) == set(flows)
    place.fluid.measure()
    wanted = sum(amounts[number] * flow.demand.needs[drive] for number, flow in flows.items())
    assert drive.spent == pytest.approx(wanted, rel=1e-6, abs=1e-6)
    for number in flows:
        made = place.disks.file(f"/d/{number}")
        assert made is not None
        assert made.size == pytest.approx(10**5 + pace * amounts[number], abs=2 * len(steps) + 2)
    assert place.device.flowing() == pytest.approx(0.0, abs=1.0)


def test_between_events_a_disk_tells_what_has_been_written() -> None:
    place = Place()
    file = place.disks.create("/d/file")
    place.begin(0, Flow(Demand({Resource("drive", 10.0): 1.0}), 100.0, (Growth(file, 5.0, 500),)))
    place.clock.advance(4.0)
    assert (file.size, place.device.free) == (0, 10**9 - 200)
    place.clock.advance(10.0)
    assert (file.size, place.device.free) == (500, 10**9 - 500)


def test_writers_find_a_disk_full_at_the_very_moment() -> None:
    place = Place()
    told: list[tuple[float, Flow]] = []

    def full(flows: Sequence[Flow]) -> None:
        told.append((place.clock.time, flows[-1]))
        place.fluid.end(flows[-1])

    place.fluid.full = full
    demand = Demand({Resource("drive", 2e8): 1.0})
    files = [place.disks.create(f"/d/{number}") for number in range(2)]
    flows = [Flow(demand, 8e8, (Growth(file, 1.0, 8e8),)) for file in files]
    for number, flow in enumerate(flows):
        place.begin(number, flow)
    place.clock.advance(60.0)
    assert [(round(time, 6), flow) for time, flow in told] == [(5.0, flows[1]), (5.0, flows[0])]
    assert (place.device.free, [file.size for file in files]) == (0, [5 * 10**8] * 2)


@pytest.mark.parametrize(("begins", "pace"), [(0, 1.0), (6 * 10**8, -1.0)])
def test_crossing_an_alarm_is_told_once(begins: int, pace: float) -> None:
    place = Place()
    told: list[float] = []
    place.fluid.crossed = lambda: told.append(place.clock.time)
    place.fluid.alarms[place.device] = (7 * 10**8,)
    file = place.disks.create("/d/file", size=begins)
    place.begin(
        0, Flow(Demand({Resource("drive", 1e8): 1.0}), 5e8, (Growth(file, pace, max(0.0, pace * 5e8)),))
    )
    place.clock.advance(60.0)
    assert told == [pytest.approx(3.0, abs=0.1)]


def test_a_resource_that_becomes_slower_slows_what_is_under_way() -> None:
    place, drive = Place(), Resource("drive", 10.0)
    place.begin(0, Flow(Demand({drive: 1.0}), 100.0))
    place.clock.advance(5.0)
    drive.capacity = 5.0
    place.fluid.changed()
    place.clock.advance(60.0)
    assert place.done == {0: pytest.approx(15.0)}


@pytest.mark.parametrize("heeded", [False, True])
def test_a_turn_is_told_with_the_time_at_which_it_was_passed_and_waited_for_where_it_is_heeded(
    heeded: bool,
) -> None:
    place, room = Place(), 10**9
    place.fluid.heed(heeded)
    file, demand = place.disks.create("/d/file"), Demand({Resource("drive", 10.0): 1.0})
    told: list[tuple[float, float, int]] = []

    def passed(time: float) -> None:
        told.append((time, place.clock.time, file.size))

    turns = (Turn(30.0, (Growth(file, -2.0, 0),), passed), Turn(60.0, (), passed))
    place.begin(0, Flow(demand, 100.0, (Growth(file, 5.0, 150),), turns))
    place.clock.advance(5.0)
    place.begin(1, Flow(demand, 100.0))
    assert place.device.free == room - 110
    place.clock.advance(100.0)
    assert [(round(time, 6), size) for time, _, size in told] == [(3.0, 150), (7.0, 90)]
    assert [seen == pytest.approx(time) for time, seen, _ in told] == [heeded, heeded]
    assert place.done == {0: pytest.approx(15.0), 1: pytest.approx(20.0)}
    assert (file.size, place.device.free) == (90, room - 90)


def test_where_room_is_short_each_turn_counts() -> None:
    place = Place()
    found_full: list[float] = []

    def full(flows: Sequence[Flow]) -> None:
        found_full.append(place.clock.time)
        place.fluid.end(flows[0])

    place.fluid.full = full
    place.device.total = 400
    file, demand = place.disks.create("/d/file"), Demand({Resource("drive", 10.0): 1.0})
    turns = (
        Turn(30.0, (Growth(file, -2.0, 440),), lambda _: None),
        Turn(60.0, (Growth(file, 11.0, 440),), lambda _: None),
    )
    place.begin(0, Flow(demand, 100.0, (Growth(file, 5.0, 530),), turns))
    place.clock.advance(100.0)
    # 150 bytes at 30 units, 90 at 60, and 11 a unit from there.
    assert found_full == [pytest.approx((60 + 310 / 11) / 10)]
    assert place.device.free == 0
