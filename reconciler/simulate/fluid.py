"""Work that shares resources like a fluid: rates change only when something begins, ends, stops or goes on.

All flows rise together, each as a share of the speed that it would have alone, until a resource is full;
those that need it stay there and the others rise on (progressive filling, the weighted max-min share). A
resource loses some of its capacity to crowding. Flows of one demand go at one rate, so that what a moment
costs grows with the kinds of work under way, not with their number.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf
from operator import attrgetter
from types import MappingProxyType

from reconciler.busy import SPAN
from reconciler.noun import noun
from reconciler.simulate.clock import Call, Clock
from reconciler.simulate.disks import Device, File

EDGE = 0.01
"""Seconds after a crossing at which it is told, so that it is surely over."""


@dataclass(eq=False, slots=True)
class Resource:
    """Something that flows share.

    capacity: units a second that it can give, to one alone. alpha: for each further flow the rest is a
    part 1 / (1 + alpha) and so on of that: 1 / (1 + alpha (n - 1)). strain: the part that is lost once
    twice the capacity is wanted, less in proportion below that.
    spent: units given so far; busy: seconds for which all that it could give then was given.
    """

    name: str
    capacity: float
    alpha: float = 0.0
    strain: float = 0.0
    spent: float = 0.0
    busy: float = 0.0

    def gives(self, flows: int, wanted: float) -> float:
        """Units a second that it gives to so many flows, which want so many in all."""
        over = min(1.0, max(0.0, wanted / self.capacity - 1.0)) if self.capacity > 0 else 1.0
        return self.capacity / (1.0 + self.alpha * max(0, flows - 1)) * (1.0 - self.strain * over)


@dataclass(frozen=True, eq=False, slots=True)
class Demand:
    """What a unit of some work takes of each resource. widest: units a second at most, however idle they are."""

    needs: Mapping[Resource, float]
    widest: float = inf

    @property
    def wish(self) -> float:
        """Units a second that it takes where it can: as one such flow does where nothing else is."""
        wish = self.widest
        for resource, need in self.needs.items():
            if need > 0 and resource.capacity < wish * need:
                wish = resource.capacity / need
        return wish


@noun
class Growth:
    """A file that grows with the work. pace: bytes a unit, negative where it shrinks."""

    file: File
    pace: float


@dataclass(eq=False, slots=True)
class Flow:
    """Some work: so many units of a demand. left: units that are still to be done, as last measured."""

    demand: Demand
    left: float
    growths: tuple[Growth, ...] = ()
    done: Callable[[], None] | None = None
    begun: float = field(default=0.0, init=False)


@noun
class Shares:
    """Who gets what. rates: units a second of one flow; used: units a second of each resource; full: of those
    that have no more to give, 1, of the others the part that is taken."""

    rates: Mapping[Demand, float]
    used: Mapping[Resource, float]
    full: Mapping[Resource, float]


def share(crowds: Iterable[tuple[Demand, int]]) -> Shares:
    """The weighted max-min share. Pure."""
    every = [(demand, count, demand.wish) for demand, count in crowds]
    streams: dict[Resource, int] = {}
    wanted: dict[Resource, float] = {}
    for demand, count, wish in every:
        for resource, need in demand.needs.items():
            if need > 0:
                streams[resource] = streams.get(resource, 0) + count
                wanted[resource] = wanted.get(resource, 0.0) + count * wish * need
    gives = {resource: resource.gives(streams[resource], wanted[resource]) for resource in streams}
    left, load = dict(gives), dict(wanted)
    rates: dict[Demand, float] = {}
    while len(rates) < len(every):
        level, tightest = 1.0, None
        for resource, asked in load.items():
            if asked > 1e-12 and left[resource] / asked < level:
                level, tightest = max(0.0, left[resource] / asked), resource
        for demand, count, wish in every:
            if demand in rates or (tightest is not None and not demand.needs.get(tightest, 0.0)):
                continue
            rates[demand] = rate = level * wish
            for resource, need in demand.needs.items():
                if need > 0:
                    left[resource] -= count * rate * need
                    load[resource] -= count * wish * need
        if tightest is not None:
            load[tightest] = 0.0
    used = {resource: gives[resource] - left[resource] for resource in gives}
    full = {r: min(1.0, used[r] / gives[r]) if gives[r] > 0 else 1.0 for r in gives}
    return Shares(rates, used, full)


_NOTHING = Shares(MappingProxyType({}), MappingProxyType({}), MappingProxyType({}))


@dataclass(eq=False, slots=True)
class _Crowd:
    """All flows of one demand. went: units that each would have done had it been there from the start.

    ends: those that are under way, by the value of `went` at which they are done; some have left since.
    growth: bytes a unit on each device, all together; before: bytes on it that were none of theirs.
    due: by the clock, when the first of them is done.
    """

    went: float = 0.0
    rate: float = 0.0
    count: int = 0
    ends: list[tuple[float, int, Flow]] = field(default_factory=list)
    growth: dict[Device, float] = field(default_factory=dict)
    before: dict[Device, float] = field(default_factory=dict)
    due: float = inf


@noun
class _Edge:
    """What comes next to a device on which flows write. due: by the clock. taken: the bytes in files then."""

    due: float
    happens: Callable[[], None]
    taken: int


_due = attrgetter("due")


class Fluid:
    """All flows of a simulated world.

    full: called with the flows that find no room on a device; one of them must leave.

    alarms: by device the numbers of free bytes at whose crossing `crossed` is called.
    """

    def __init__(self, clock: Clock) -> None:
        self.full: Callable[[Sequence[Flow]], None] = lambda _: None
        self.crossed: Callable[[], None] = lambda: None
        self.alarms: dict[Device, tuple[int, ...]] = {}
        self._clock = clock
        self._crowds: dict[Demand, _Crowd] = {}
        self._writing: dict[Device, dict[_Crowd, None]] = {}
        self._living: dict[Flow, int] = {}
        self._shares = _NOTHING
        self._shared_at = clock.time
        self._past: deque[tuple[float, float, Shares]] = deque()
        self._counted: dict[Demand, int] = {}
        self._touched: set[_Crowd] = set()
        self._edges: dict[Device, _Edge] = {}
        self._since = clock.time
        self._next: Call | None = None
        self._dirty = False
        self._order = 0

    @property
    def flows(self) -> tuple[Flow, ...]:
        """All under way, oldest first."""
        return tuple(self._living)

    def begin(self, flow: Flow) -> None:
        """Let it flow; `done` is called once nothing is left."""
        self._touch()
        crowd = self._crowds.setdefault(flow.demand, _Crowd())
        self._touched.add(crowd)
        crowd.count += 1
        flow.begun = crowd.went
        self._order += 1
        self._living[flow] = self._order
        heapq.heappush(crowd.ends, (crowd.went + flow.left, self._order, flow))
        for growth in flow.growths:
            device = growth.file.device
            crowd.growth[device] = crowd.growth.get(device, 0.0) + growth.pace
            crowd.before[device] = crowd.before.get(device, 0.0) + growth.pace * crowd.went
            writing = self._writing.get(device)
            if writing is None:
                writing = self._writing[device] = {}
                device.flowing = self._on(device, writing)
            writing[crowd] = None

    def end(self, flow: Flow) -> None:
        """Let it be no more: done, stopped, or lost with its process. Its files are as large as it made them."""
        if self._living.pop(flow, None) is None:
            return
        self._touch()
        crowd = self._crowds[flow.demand]
        self._touched.add(crowd)
        crowd.count -= 1
        went = min(flow.left, max(0.0, crowd.went - flow.begun))
        flow.left -= went
        for growth in flow.growths:
            device = growth.file.device
            crowd.growth[device] -= growth.pace
            crowd.before[device] -= growth.pace * flow.begun
            device.grow(growth.file, round(growth.pace * went))

    def load(self, resource: Resource) -> float:
        """The part of what a resource could give that was taken, over the last SPAN seconds; 1: all."""
        now = self._clock.time
        since = max(self._past[0][0] if self._past else self._shared_at, now - SPAN)
        if now <= since:
            return self._shares.full.get(resource, 0.0)
        taken = 0.0
        for begun, ended, shares in (*self._past, (self._shared_at, now, self._shares)):
            taken += max(0.0, ended - max(begun, since)) * shares.full.get(resource, 0.0)
        return taken / (now - since)

    def changed(self) -> None:
        """The capacity of a resource is another now."""
        self._touch()
        self._counted = {}

    def measure(self) -> None:
        """Let what the resources have spent be told up to now."""
        self._catch_up()

    # what happens

    def _on(self, device: Device, writing: Mapping[_Crowd, None]) -> Callable[[], float]:
        """How many bytes are on a device that no file tells of yet. writing: the crowds that grow there."""

        def flowing() -> float:
            total = 0.0
            passed = self._clock.time - self._since
            for crowd in writing:
                went = crowd.went + crowd.rate * passed
                total += crowd.growth[device] * went - crowd.before[device]
            return total

        return flowing

    def _touch(self) -> None:
        """Something changes now."""
        self._catch_up()
        if not self._dirty:
            self._dirty = True
            if self._next is not None:
                self._clock.cancel(self._next)
            self._next = self._clock.later(0.0, self._settle)

    def _catch_up(self) -> None:
        passed = self._clock.time - self._since
        if passed <= 0:
            return
        for crowd in self._crowds.values():
            crowd.went += crowd.rate * passed
        for resource, used in self._shares.used.items():
            resource.spent += used * passed
            resource.busy += self._shares.full[resource] * passed
        self._since = self._clock.time

    def _settle(self) -> None:
        """Share anew, and look ahead to what comes next."""
        self._dirty = False
        for demand in [demand for demand, crowd in self._crowds.items() if not crowd.count]:
            crowd = self._crowds.pop(demand)
            self._touched.discard(crowd)
            for device in crowd.growth:
                del self._writing[device][crowd]
                if not self._writing[device]:
                    del self._writing[device]
                    self._edges.pop(device, None)
        counted = {demand: crowd.count for demand, crowd in self._crowds.items()}
        if counted != self._counted:
            self._counted = counted
            self._remember()
            self._shares = share(counted.items())
            for demand, crowd in self._crowds.items():
                crowd.rate = self._shares.rates[demand]
            self._touched.update(self._crowds.values())
            self._edges.clear()
        self._look_ahead()

    def _remember(self) -> None:
        """The shares so far are over: from when to when they were. What is long over is forgotten."""
        now, past = self._clock.time, self._past
        past.append((self._shared_at, now, self._shares))
        self._shared_at = now
        while past[0][1] < now - SPAN:
            past.popleft()

    def _look_ahead(self) -> None:
        """Await what comes next. At the same rates all comes when it would have come, but for what was touched."""
        now = self._clock.time
        for crowd in self._touched:
            crowd.due = self._ends(crowd)
        first = min(self._crowds.values(), key=_due, default=None)
        soonest, happens = (first.due, self._finish(first)) if first is not None else (inf, self._settle)
        for device, writing in self._writing.items():
            edge = self._edges.get(device)
            if (
                edge is None
                or edge.taken != device.used + device.others
                or not self._touched.isdisjoint(writing)
            ):
                edge = self._edges[device] = self._edge(device, writing)
            if edge.due < soonest:
                soonest, happens = edge.due, edge.happens
        self._touched.clear()
        self._next = self._clock.later(max(0.0, soonest - now), happens) if soonest < inf else None

    def _ends(self, crowd: _Crowd) -> float:
        """When the first of a crowd is done."""
        while crowd.ends and self._living.get(crowd.ends[0][2]) != crowd.ends[0][1]:
            heapq.heappop(crowd.ends)
        if not crowd.ends or crowd.rate <= 0:
            return inf
        return self._clock.time + max(0.0, crowd.ends[0][0] - crowd.went) / crowd.rate

    def _edge(self, device: Device, writing: Iterable[_Crowd]) -> _Edge:
        """When a device is full, or its free bytes cross an alarm, if its crowds go on like this."""
        now, taken = self._clock.time, device.used + device.others
        due, happens, grows, flowing = inf, self._settle, 0.0, 0.0
        for crowd in writing:
            pace = crowd.growth[device]
            grows += pace * crowd.rate
            flowing += pace * crowd.went - crowd.before[device]
        room = device.total - taken - flowing
        if grows > 1e-6:
            due, happens = now + max(0.0, room) / grows, self._fill(device)
        for level in self.alarms.get(device, ()) if grows else ():
            crosses = now + (room - level) / grows
            if now < crosses < due:
                due, happens = crosses + EDGE, self._cross
        return _Edge(due, happens, taken)

    def _finish(self, crowd: _Crowd) -> Callable[[], None]:
        """The flow that is the first to be done there."""

        def finish() -> None:
            self._next = None
            end, order, flow = crowd.ends[0]
            self._touch()
            crowd.went = max(crowd.went, end)
            while crowd.ends and crowd.ends[0][0] <= end:
                _, order, flow = heapq.heappop(crowd.ends)
                if self._living.get(flow) == order:
                    self.end(flow)
                    flow.left = 0.0
                    if flow.done is not None:
                        flow.done()

        return finish

    def _fill(self, device: Device) -> Callable[[], None]:
        """Whatever grows there finds no room."""

        def fill() -> None:
            self._next = None
            self._edges.clear()
            self._touch()
            writers = [
                flow
                for flow in self._living
                if any(growth.file.device is device and growth.pace > 0 for growth in flow.growths)
            ]
            device.refused += 1
            self.full(writers)

        return fill

    def _cross(self) -> None:
        self._next = None
        self._edges.clear()
        self._touch()
        self.crossed()
