"""Work that shares resources like a fluid: rates change only when something begins, ends, stops or goes on.

Flows of one demand go at one rate, so that what a moment costs grows with the kinds of work under way, not with
their number. What a flow meets on its way is reckoned once somebody looks: its rate tells when that was. Nothing
waits for it but who heeds it, and a disk that might run short of room.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf
from operator import attrgetter, itemgetter
from typing import TypeAlias

from reconciler.busy import SPAN
from reconciler.noun import noun
from reconciler.simulate.clock import Call, Clock
from reconciler.simulate.disks import Device
from reconciler.simulate.flow import Flow
from reconciler.simulate.sharing import NOTHING, Demand, Resource, Shares, Wants, share

EDGE = 0.01
"""Seconds after a crossing at which it is told, so that it is surely over."""


Queue: TypeAlias = list[tuple[float, int, Flow]]
"""A heap of flows, by the units at which something comes, and by their own number."""


@dataclass(eq=False, slots=True)
class _Crowd:
    """All flows of one demand. went: units that each would have done had it been there from the start.

    ends, turns: the flows by the value of `went` at which they are done, or have their next turn; some have left since.
    growth: bytes a unit on each device, all together; before: bytes on it that were none of theirs; rises: bytes that
    may come there at most. due: by the clock, when the first of them is done, or has a turn that is waited for.
    """

    wants: Wants
    went: float = 0.0
    rate: float = 0.0
    count: int = 0
    ends: Queue = field(default_factory=list)
    turns: Queue = field(default_factory=list)
    growth: dict[Device, float] = field(default_factory=dict)
    before: dict[Device, float] = field(default_factory=dict)
    rises: dict[Device, float] = field(default_factory=dict)
    due: float = inf
    turning: bool = False


@noun
class _Edge:
    """What comes next to a device on which flows write. due: by the clock. taken: the bytes in files then.

    calm: there is room for all that may come, above every alarm.
    """

    due: float
    happens: Callable[[], None]
    taken: int
    calm: bool


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
        self._shares = NOTHING
        self._shared_at = clock.time
        self._past: deque[tuple[float, float, Shares]] = deque()
        self._counted: dict[Demand, int] = {}
        self._touched: set[_Crowd] = set()
        self._edges: dict[Device, _Edge] = {}
        self._stale: set[Device] = set()
        self._tight: set[Device] = set()
        self._since = clock.time
        self._next: Call | None = None
        self._dirty = False
        self._heeded = False
        self._order = 0
        clock.resting.append(self._catch_up)

    @property
    def flows(self) -> tuple[Flow, ...]:
        """All under way, oldest first."""
        return tuple(self._living)

    def begin(self, flow: Flow) -> None:
        """Let it flow; `done` is called once nothing is left."""
        self._touch()
        crowd = self._crowds.get(flow.demand)
        if crowd is None:
            crowd = self._crowds[flow.demand] = _Crowd(flow.demand.wants)
        self._touched.add(crowd)
        crowd.count += 1
        flow.begun = crowd.went
        self._order += 1
        self._living[flow] = self._order
        heapq.heappush(crowd.ends, (crowd.went + flow.left, self._order, flow))
        self._grow(crowd, flow, crowd.went)

    def end(self, flow: Flow) -> None:
        """Let it be no more: done, stopped, or lost with its process. Its files are as large as it made them."""
        if flow not in self._living:
            return
        self._touch()
        # Only now: what it has passed by then is still its own.
        del self._living[flow]
        crowd = self._crowds[flow.demand]
        self._touched.add(crowd)
        crowd.count -= 1
        went = min(flow.left, max(0.0, crowd.went - flow.begun))
        self._grown(crowd, flow, flow.begun + went)
        flow.left -= went

    def heed(self, turns: bool) -> None:
        """Is it waited for that any flow has a turn?"""
        if turns != self._heeded:
            self._heeded = turns
            self._touched.update(self._crowds.values())
            self._touch()

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
        """The capacity of a resource is another now, or the room on a device."""
        self._touch()
        self._counted = {}
        for demand, crowd in self._crowds.items():
            crowd.wants = demand.wants

    def measure(self) -> None:
        """Let what the resources have spent be told up to now."""
        self._catch_up()

    # what happens

    def _on(self, device: Device, writing: Mapping[_Crowd, None]) -> Callable[[], float]:
        """How many bytes are on a device that no file tells of yet. writing: the crowds that grow there."""

        def flowing() -> float:
            self._catch_up()
            return sum([crowd.growth[device] * crowd.went - crowd.before[device] for crowd in writing])

        return flowing

    def _grow(self, crowd: _Crowd, flow: Flow, went: float) -> None:
        """From here on its files grow as it says, until its next turn."""
        flow.grown = went
        for growth in flow.growths:
            device, pace = growth.file.device, growth.pace
            crowd.growth[device] = crowd.growth.get(device, 0.0) + pace
            crowd.before[device] = crowd.before.get(device, 0.0) + pace * went
            crowd.rises[device] = crowd.rises.get(device, 0.0) + growth.rises
            writing = self._writing.get(device)
            if writing is None:
                writing = self._writing[device] = {}
                device.flowing = self._on(device, writing)
            writing[crowd] = None
            self._stale.add(device)
        if flow.behind < len(flow.turns):
            at = flow.begun + flow.turns[flow.behind].at - (flow.whole - flow.left)
            heapq.heappush(crowd.turns, (at, self._living[flow], flow))

    def _grown(self, crowd: _Crowd, flow: Flow, went: float) -> None:
        """Up to here they have grown so."""
        for growth in flow.growths:
            device, pace = growth.file.device, growth.pace
            crowd.growth[device] -= pace
            crowd.before[device] -= pace * flow.grown
            crowd.rises[device] -= growth.rises
            device.grow(growth.file, round(pace * (went - flow.grown)))
            self._stale.add(device)

    def _turn(self, crowd: _Crowd, flow: Flow, went: float) -> Callable[[float], None]:
        """Let it have its next turn; what that calls."""
        turn = flow.turns[flow.behind]
        flow.behind += 1
        self._grown(crowd, flow, went)
        flow.growths = turn.growths
        self._grow(crowd, flow, went)
        return turn.passed

    def _turns(self, crowd: _Crowd, until: float) -> Iterator[tuple[float, Callable[[float], None]]]:
        """The turns of a crowd up to there: when each was, and what it calls."""
        while crowd.turns and crowd.turns[0][0] <= until:
            at, order, flow = heapq.heappop(crowd.turns)
            if self._living.get(flow) == order:
                self._touched.add(crowd)
                ahead = max(0.0, at - crowd.went)
                yield self._since + (ahead / crowd.rate if ahead else 0.0), self._turn(crowd, flow, at)

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
        turns: list[tuple[float, Callable[[float], None]]] = []
        for crowd in self._crowds.values():
            went = crowd.went + crowd.rate * passed
            if crowd.turns and crowd.turns[0][0] <= went:
                turns += self._turns(crowd, went)
            crowd.went = went
        shares = self._shares
        for resource, used in shares.used.items():
            resource.spent += used * passed
            resource.busy += shares.full[resource] * passed
        self._since = self._clock.time
        for when, call in sorted(turns, key=itemgetter(0)):
            call(when)

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
                    self._tight.discard(device)
        counted = {demand: crowd.count for demand, crowd in self._crowds.items()}
        if counted != self._counted:
            self._counted = counted
            self._remember()
            self._shares = share([(crowd.wants, crowd.count) for crowd in self._crowds.values()])
            for demand, crowd in self._crowds.items():
                crowd.rate = self._shares.rates[demand]
            self._touched.update(self._crowds.values())
            # Where there is room for all, it does not matter how fast it is taken.
            self._stale |= self._tight
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
        soonest, happens = inf, self._settle
        for device, writing in self._writing.items():
            edge = self._edges.get(device)
            if edge is None or device in self._stale or edge.taken != device.used + device.others:
                edge = self._edges[device] = self._edge(device, writing)
                if edge.calm == (device in self._tight):
                    # What was waited for there is so no more, or the other way round.
                    self._touched.update(writing)
                    self._tight ^= {device}
            if edge.due < soonest:
                soonest, happens = edge.due, edge.happens
        for crowd in self._touched:
            self._aim(crowd)
        first = min(self._crowds.values(), key=_due, default=None)
        if first is not None and first.due <= soonest:
            soonest, happens = first.due, self._meet(first) if first.turning else self._finish(first)
        self._touched.clear()
        self._stale.clear()
        self._next = self._clock.later(max(0.0, soonest - now), happens) if soonest < inf else None

    def _aim(self, crowd: _Crowd) -> None:
        """Find out when the first of a crowd is done, or has a turn that is waited for."""
        crowd.due, crowd.turning = inf, False
        if crowd.rate <= 0:
            return
        ends = self._first(crowd.ends)
        if ends < inf:
            crowd.due = self._clock.time + max(0.0, ends - crowd.went) / crowd.rate
        if crowd.turns and (self._heeded or not self._tight.isdisjoint(crowd.growth)):
            turns = self._first(crowd.turns)
            if turns < ends:
                crowd.due = self._clock.time + max(0.0, turns - crowd.went) / crowd.rate
                crowd.turning = True

    def _first(self, queue: Queue) -> float:
        """Where the first one comes that is still under way."""
        while queue and self._living.get(queue[0][2]) != queue[0][1]:
            heapq.heappop(queue)
        return queue[0][0] if queue else inf

    def _edge(self, device: Device, writing: Iterable[_Crowd]) -> _Edge:
        """When a device is full, or its free bytes cross an alarm, if its crowds go on like this."""
        now, taken = self._clock.time, device.used + device.others
        due, happens, grows, flowing = inf, self._settle, 0.0, 0.0
        alarms = self.alarms.get(device, ())
        if device.total - taken - sum([crowd.rises[device] for crowd in writing]) > max(alarms, default=0):
            return _Edge(inf, happens, taken, calm=True)
        for crowd in writing:
            pace = crowd.growth[device]
            grows += pace * crowd.rate
            flowing += pace * crowd.went - crowd.before[device]
        room = device.total - taken - flowing
        if grows > 1e-6:
            due, happens = now + max(0.0, room) / grows, self._fill(device)
        for level in alarms if grows else ():
            crosses = now + (room - level) / grows
            if now < crosses < due:
                due, happens = crosses + EDGE, self._cross
        return _Edge(due, happens, taken, calm=False)

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
                    while flow.behind < len(flow.turns):
                        self._turn(crowd, flow, end)(self._clock.time)
                    self.end(flow)
                    flow.left = 0.0
                    if flow.done is not None:
                        flow.done()

        return finish

    def _meet(self, crowd: _Crowd) -> Callable[[], None]:
        """The flow whose turn is the first there."""

        def meet() -> None:
            self._next = None
            at = crowd.turns[0][0]
            self._touch()
            crowd.went = max(crowd.went, at)
            # Rounding may have left it a hair ahead.
            for _, call in [*self._turns(crowd, at)]:
                call(self._clock.time)

        return meet

    def _fill(self, device: Device) -> Callable[[], None]:
        """Whatever grows there finds no room."""

        def fill() -> None:
            self._next = None
            self._stale.add(device)
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
        self._stale |= self._tight
        self._touch()
        self.crossed()
