"""What holds for every plan that moves plots, whatever the spec says and the world shows."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler import actions
from reconciler.errand import AT_FARMER, NO_FAULT
from reconciler.facts import Facts
from reconciler.farmer import Disk, Farmer, Part
from reconciler.observation import Observation
from reconciler.plan import Plan, plan
from reconciler.plotters import Plotters
from reconciler.setbacks import MANY, REST
from reconciler.state import Known, Transfer
from tests.planning.later import later
from tests.planning.strategies import NOW, Farm, failure, farms
from tests.planning.test_laws import often as laws

often = settings(laws, max_examples=120)
Place = tuple[str, str]
HOURS = 3600.0


def moves(farm: Farm, plotters: Plotters) -> list[actions.Archive]:
    return _moves(plan(farm.spec, farm.seen, plotters))


def _moves(made: Plan) -> list[actions.Archive]:
    return [action for action in made.actions if isinstance(action, actions.Archive)]


@often
@given(farm=farms(shared=False, moving=True))
def test_no_disk_is_filled_beyond_its_room(farm: Farm, plotters: Plotters) -> None:
    """By the sum of what others write there, of all transfers under way or not seen yet, and of this plan's."""
    made = moves(farm, plotters)
    need: dict[tuple[Place, str], int] = {}
    for place, disk in _disks(farm.seen).items():
        for part in disk.parts:
            if part.host != farm.seen.host and 0 <= NOW.at - part.modified < 6 * HOURS:
                need[place, f"{part.host} {part.plot}"] = _rest(part)
    under_way = [t for t in _transfers(farm.seen) if t.outcome == "running" or _is_unseen(farm, t)]
    every: list[Transfer | actions.Archive] = [*under_way, *made]
    for each in every:
        there = (each.farmer, each.disk)
        disk_there = _disks(farm.seen).get(there)
        if disk_there is not None:
            need[there, each.plot] = _lacks(disk_there, each.plot, each.bytes, farm.seen.host)
    total: Counter[str] = Counter()
    for (place, _), size in need.items():
        total[_device(farm.seen, place)] += size
    floors: dict[str, int] = {}
    for action in made:
        place = (action.farmer, action.disk)
        disk = _disks(farm.seen)[place]
        if not disk.boundless and _lacks(disk, action.plot, action.bytes, farm.seen.host):
            floor = 0 if _begun(farm, action) else farm.spec.archiver(action.farmer).floor
            floors[_device(farm.seen, place)] = min(floor, floors.get(_device(farm.seen, place), floor))
    for device, floor in floors.items():
        assert total[device] <= _free(farm.seen, device) - floor


@often
@given(farm=farms(moving=True))
def test_no_limit_of_transfers_is_exceeded(farm: Farm, plotters: Plotters) -> None:
    made = moves(farm, plotters)
    running = list({t.plot: t for t in _transfers(farm.seen) if t.outcome == "running"}.values())
    every: list[Transfer | actions.Archive] = [*running, *made]
    if farm.spec.archiving.transfers is not None and made:
        assert len(every) <= farm.spec.archiving.transfers
    links = {archive.name: archive.link for archive in farm.spec.archive}
    streams = Facts(farm.spec, farm.seen, plotters).streams
    for action in made:
        archive = farm.spec.archiver(action.farmer)
        assert sum(each.farmer == action.farmer for each in every) <= streams.to(archive).number
        there = [each for each in every if (each.farmer, each.disk) == (action.farmer, action.disk)]
        disk = _disks(farm.seen)[action.farmer, action.disk]
        parts = disk.parts
        others = [p for p in parts if p.host != farm.seen.host and 0 <= NOW.at - p.modified < 6 * HOURS]
        limit = archive.limits.per_disk
        if limit == "auto":
            limit = streams.to(archive).number if disk.boundless else 1
        assert len(there) + len(others) <= limit
        over = farm.spec.archiving.links.get(archive.link) if archive.link is not None else None
        if over is not None:
            assert sum(links.get(each.farmer) == archive.link for each in every) <= over
    for source, started in _by_source(made).items():
        most = max(streams.of(farm.spec.archiver(action.farmer), source).number for action in started)
        assert sum(each.source == source for each in every) <= most


@often
@given(farm=farms(moving=True))
def test_what_is_not_known_gets_nothing(farm: Farm, plotters: Plotters) -> None:
    for action in moves(farm, plotters):
        disk = _disks(farm.seen)[action.farmer, action.disk]
        assert isinstance(disk.space, Known)
        assert disk.space.value.writable
        answering = [f for f in farm.seen.farmers.values() if isinstance(f.disks, Known)]
        assert all(f.sought is None or action.plot in f.sought for f in answering)


@often
@given(farm=farms(moving=True))
def test_a_disk_that_failed_many_times_in_a_row_rests_and_is_then_tried_with_one(
    farm: Farm, plotters: Plotters
) -> None:
    made = moves(farm, plotters)
    for place, disk_moves in _by_place(made).items():
        last = _failures(farm, place, Facts(farm.spec, farm.seen, plotters).kicked)
        if len(last) >= MANY:
            assert not 0 <= NOW.at - last[-1] < REST
            assert len(disk_moves) == 1


@often
@given(
    farm=farms(moving=True),
    kind=st.sampled_from([*sorted(AT_FARMER), *sorted(NO_FAULT - {"conflict"}), "broken", "full"]),
    passed=st.sampled_from([0.0, 15.0, 5000.0, 90_000.0]),
    data=st.data(),
)
def test_one_more_failure_never_brings_more_to_its_disk(
    farm: Farm, kind: str, passed: float, data: st.DataObject, plotters: Plotters
) -> None:
    """Where its farmer has looked since; before that it keeps the room of what it may have left."""
    places = [(a.name, disk) for a in farm.spec.archive for disk in a.disks]
    if not places or not isinstance(farm.seen.transfers, Known):
        return
    place = data.draw(st.sampled_from(places), label="place")
    looked = {name: replace(farmer, asked=None) for name, farmer in farm.seen.farmers.items()}
    seen = replace(farm.seen, farmers=looked)
    one_more = (*farm.seen.transfers.value, failure("e9", *place, kind, NOW.at - passed))
    before = moves(Farm(farm.spec, seen), plotters)
    after = moves(Farm(farm.spec, replace(seen, transfers=Known(one_more))), plotters)
    assert len(_by_place(after).get(place, ())) <= len(_by_place(before).get(place, ()))


@often
@given(farm=farms(moving=True))
def test_looking_again_moves_nothing_more(farm: Farm, plotters: Plotters) -> None:
    made = plan(farm.spec, farm.seen, plotters)
    again = plan(farm.spec, later(farm.seen, made), plotters)
    if not any(action.kind in ("kill", "suspend") for action in made.actions):
        assert _moves(again) == []


# --- the same, counted once more -----------------------------------------------------------------


def _disks(seen: Observation) -> dict[Place, Disk]:
    return {(f.name, disk.path): disk for f in seen.farmers.values() for disk in _told(f)}


def _told(farmer: Farmer) -> tuple[Disk, ...]:
    return farmer.disks.value if isinstance(farmer.disks, Known) else ()


def _device(seen: Observation, place: Place) -> str:
    space = _disks(seen)[place].space
    return space.value.device if isinstance(space, Known) else ""


def _transfers(seen: Observation) -> tuple[Transfer, ...]:
    return seen.transfers.value if isinstance(seen.transfers, Known) else ()


def _rest(part: Part) -> int:
    return max(0, part.bytes - part.done)


def _lacks(disk: Disk, plot: str, size: int, host: str) -> int:
    if any(stored.name == plot for stored in disk.holds):
        return 0
    return next((_rest(part) for part in disk.parts if (part.plot, part.host) == (plot, host)), size)


def _is_unseen(farm: Farm, transfer: Transfer) -> bool:
    """Has it ended after its farmer was asked?"""
    asked = farm.seen.farmers[transfer.farmer].asked
    ended = transfer.ended or transfer.since.at
    return asked is not None and asked.at <= ended <= NOW.at


def _begun(farm: Farm, action: actions.Archive) -> bool:
    """Has this host begun to copy it there, as can be seen or may be?"""
    place = (action.farmer, action.disk)
    parts = _disks(farm.seen)[place].parts
    earlier = [t for t in _transfers(farm.seen) if (t.plot, t.farmer, t.disk) == (action.plot, *place)]
    mine = any((part.plot, part.host) == (action.plot, farm.seen.host) for part in parts)
    return mine or any(_is_unseen(farm, transfer) for transfer in earlier)


def _free(seen: Observation, device: str) -> int:
    spaces = [d.space.value for d in _disks(seen).values() if isinstance(d.space, Known)]
    return min(space.free for space in spaces if space.device == device)


def _by_source(made: list[actions.Archive]) -> dict[str, list[actions.Archive]]:
    found: dict[str, list[actions.Archive]] = defaultdict(list)
    for action in made:
        found[action.source].append(action)
    return found


def _by_place(made: list[actions.Archive]) -> dict[Place, list[actions.Archive]]:
    found: dict[Place, list[actions.Archive]] = defaultdict(list)
    for action in made:
        found[action.farmer, action.disk].append(action)
    return found


def _failures(farm: Farm, place: Place, kicked: float) -> list[float]:
    """When each failure in a row ended that speaks against a disk."""
    found: list[float] = []
    over = [t for t in _transfers(farm.seen) if (t.farmer, t.disk) == place and t.outcome != "running"]
    for ended, _, transfer in sorted((t.ended or t.since.at, t.id, t) for t in over):
        if transfer.entry:
            continue
        if transfer.outcome == "finished":
            found = []
        elif ended > kicked and transfer.kind not in AT_FARMER | NO_FAULT:
            found.append(ended)
    return found
