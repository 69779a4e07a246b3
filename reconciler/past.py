"""What earlier jobs tell of new ones: where they began, how long they took, and what they hold on their way. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from math import inf
from typing import TYPE_CHECKING, TypeAlias

from reconciler import forecast
from reconciler.forecast import Way
from reconciler.state import Phase, Start

if TYPE_CHECKING:
    from reconciler.facts import Facts
    from reconciler.plotters import Plotter

LOOKS = 100
"""Ticks that a job must last at least for its way to be counted on."""

Option: TypeAlias = str | int | float | bool
Options: TypeAlias = Mapping[str, Option]


Place: TypeAlias = tuple[str, int, str, bool]
"""Plotter, k and tmp; and whether the plot lands on the same device."""
Kind: TypeAlias = tuple[str, int, str | None]
"""Plotter, k and tmp; None: all tmps together."""
Ends: TypeAlias = Mapping[int, float]
"""As `forecast.ends`."""
Ways: TypeAlias = dict[Place, list[tuple[Options, Ends, Way | None]]]
"""The ways of jobs there, each with the options that it is for, and the times that it was made of."""
Ended: TypeAlias = dict[Kind, tuple[tuple[Start, ...], Ends]]
"""These times with the starts that they were taken from."""


class Past:
    """The starts that the journal remembers, as rules ask for them.

    ways, ended: those that were found already, which are found anew once what they were made of is another.
    """

    def __init__(self, facts: Facts, ways: Ways, ended: Ended) -> None:
        self._facts = facts
        self._ways = ways
        self._ended = ended
        self._found: dict[Kind, Ends] = {}

    @cached_property
    def failing(self) -> Mapping[str, tuple[Start, ...]]:
        """The starts on each tmp and towards each dst directory that one has failed on, as they began."""
        starts = self._facts.starts
        paths = {path for start in starts if start.outcome == "failed" for path in (start.tmp, start.dst)}
        return {path: tuple(start for start in starts if path in (start.tmp, start.dst)) for path in paths}

    @cached_property
    def unused(self) -> Mapping[str, float]:
        """Seconds since the last start on each tmp."""
        return _least((start.tmp, age) for start, age in self._ages)

    @cached_property
    def towards(self) -> Mapping[str, float]:
        """Seconds since the last start towards each drive that plots land on."""
        facts = self._facts
        begun = ((start.dst, age) for start, age in self._ages)
        living = ((path, facts.age(job.since)) for job in facts.jobs for path in job.dsts)
        drives = ((facts.device(path), age) for path, age in _least((*begun, *living)).items())
        return _least((drive, age) for drive, age in drives if drive is not None)

    @cached_property
    def youngest(self) -> float:
        """Seconds since the last start, whether its job still lives or not; infinite without any."""
        living = (self._facts.age(job.since) for job in self._facts.jobs)
        return min((*(age for _, age in self._ages), *living), default=inf)

    @cached_property
    def _ages(self) -> Sequence[tuple[Start, float]]:
        """Each start, and how long ago it was in seconds."""
        return [(start, self._facts.age(start.since)) for start in self._facts.starts]

    def median_until(self, plotter: str, k: int, until: Phase) -> float | None:
        """Seconds that finished jobs of this kind took to a phase, in the middle; None without any."""
        took = sorted(
            start.milestones[until.major - 2]
            for start in self._facts.starts
            if start.plotter == plotter and start.k == k and self._got(start, until)
        )
        return took[len(took) // 2] if took else None

    def way(self, plotter: str, k: int, tmp: str, options: Options, *, stays: bool) -> Way | None:
        """What such jobs hold on that tmp from start to end, as they went here.

        stays: the plot lands on the same device. None: its plotter's curve is not known, none has finished here, or
        they are over so soon that a look meets each but a few times, and would answer too late to what goes wrong.
        """
        definition = self._facts.plotters.get(plotter)
        if definition is None:
            return None
        ends = self._ends_of(definition, k, tmp)
        ways = self._ways.setdefault((plotter, k, tmp, stays), [])
        for kept in ways:
            if kept[0] == options and kept[1] is ends:
                way = kept[2]
                break
        else:
            way = _way(definition, k, options, ends, stays)
            ways[:] = [*(kept for kept in ways if kept[1] is ends), (options, ends, way)]
        enough = LOOKS * self._facts.spec.scheduling.tick
        return way if way is not None and way.seconds >= enough else None

    def _ends_of(self, plotter: Plotter, k: int, tmp: str) -> Ends:
        """As `forecast.ends`. Every tmp on which none has finished yet has the same; the very same while they are."""
        own, any_tmp = (plotter.name, k, tmp), (plotter.name, k, None)
        if own in self._found:
            return self._found[own]
        kind = own if own in self._finished else any_tmp
        starts = self._finished.get(kind, ())
        kept = self._ended.get(kind)
        if kept is None or kept[0] != starts:
            kept = self._ended[kind] = starts, forecast.ends(starts, plotter, k, tmp)
        self._found[own] = kept[1]
        return kept[1]

    @cached_property
    def _finished(self) -> Mapping[Kind, tuple[Start, ...]]:
        """Finished starts that tell of their phases, by plotter, k and tmp; and on all tmps together."""
        found: dict[Kind, list[Start]] = defaultdict(list)
        for start in self._facts.starts:
            if start.outcome == "finished" and start.milestones:
                found[start.plotter, start.k, start.tmp].append(start)
                found[start.plotter, start.k, None].append(start)
        return {kind: tuple(starts) for kind, starts in found.items()}

    def longest_until(self, plotter: str, until: Phase) -> float | None:
        """Seconds after which every job of this plotter was past a phase; None without any.

        Only the ends of major phases are known, so a step within one counts as its end.
        """
        ends = until.major - 1 if until.minor <= 1 < until.major else until.major
        took = (
            s.milestones[ends - 1]
            for s in self._facts.starts
            if s.plotter == plotter and len(s.milestones) >= ends
        )
        return max(took, default=None)

    @staticmethod
    def _got(start: Start, until: Phase) -> bool:
        return until.major >= 2 and len(start.milestones) >= until.major - 1


def _way(definition: Plotter, k: int, options: Options, ends: Ends, stays: bool) -> Way | None:
    left = definition.band(k, definition.compression(options))[1] if stays else 0
    return forecast.way(
        definition.course(k, options),
        ends,
        left,
        lambda phase: definition.growth(k, phase, False, options).tmp,
    )


def _least(ages: Iterable[tuple[str, float]]) -> Mapping[str, float]:
    """The least for each name."""
    found: dict[str, float] = {}
    for name, age in ages:
        if age < found.get(name, inf):
            found[name] = age
    return found
