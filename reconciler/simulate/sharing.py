"""What work takes of the things that it shares, and who gets how much of them. Pure.

All flows rise together, each as a share of the speed that it would have alone, until a resource is full;
those that need it stay there and the others rise on (progressive filling, the weighted max-min share). A
resource loses some of its capacity to crowding.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import inf
from types import MappingProxyType
from typing import NamedTuple

from reconciler.noun import noun


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

    @property
    def wants(self) -> Wants:
        """The same with what one flow then takes."""
        wish = self.wish
        return Wants(
            self, wish, tuple((resource, wish * need) for resource, need in self.needs.items() if need > 0)
        )


class Wants(NamedTuple):
    """What a flow takes of each resource, by the second, at its wish. While capacities are as they were."""

    demand: Demand
    wish: float
    takes: tuple[tuple[Resource, float], ...]


@noun
class Shares:
    """Who gets what. rates: units a second of one flow; used: units a second of each resource; full: of those
    that have no more to give, 1, of the others the part that is taken."""

    rates: Mapping[Demand, float]
    used: Mapping[Resource, float]
    full: Mapping[Resource, float]


def share(crowds: Iterable[tuple[Wants, int]]) -> Shares:
    """The weighted max-min share."""
    rising = [*crowds]
    streams: dict[Resource, int] = {}
    wanted: dict[Resource, float] = {}
    for (_, _, takes), count in rising:
        for resource, takes_of_it in takes:
            if resource in streams:
                streams[resource] += count
                wanted[resource] += count * takes_of_it
            else:
                streams[resource], wanted[resource] = count, count * takes_of_it
    gives = {resource: resource.gives(flows, wanted[resource]) for resource, flows in streams.items()}
    left, load = dict(gives), dict(wanted)
    rates: dict[Demand, float] = {}
    while rising:
        level, tightest = 1.0, None
        for resource, asked in load.items():
            if asked > 1e-12 and left[resource] / asked < level:
                level, tightest = max(0.0, left[resource] / asked), resource
        still = []
        for crowd in rising:
            (demand, wish, takes), count = crowd
            if tightest is not None and not demand.needs.get(tightest, 0.0):
                still.append(crowd)
                continue
            rates[demand] = level * wish
            for resource, takes_of_it in takes:
                taken = count * takes_of_it
                left[resource] -= level * taken
                load[resource] -= taken
        rising = still
        if tightest is not None:
            load[tightest] = 0.0
    used = {resource: given - left[resource] for resource, given in gives.items()}
    full = {r: min(1.0, used[r] / given) if given > 0 else 1.0 for r, given in gives.items()}
    return Shares(rates, used, full)


NOTHING = Shares(MappingProxyType({}), MappingProxyType({}), MappingProxyType({}))
