"""The finished plots in the spec's directories: what each file is, and whether it is whole."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from math import inf
from typing import TYPE_CHECKING, Literal, NamedTuple

from reconciler.noun import noun
from reconciler.observe.heads import Heads
from reconciler.plotters import head as heads
from reconciler.plotters import names
from reconciler.state import Instant, Known, Plot, Unknown
from reconciler.world import Entry, Machine, Stat

if TYPE_CHECKING:
    from reconciler.plotters import Plotters

SETTLED = 60.0
"""Seconds that a plot which no log speaks of must have been left alone, before it counts as whole."""


@noun
class _Sighting:
    """A file under a plot's final name."""

    name: names.PlotName
    path: str
    directory: str
    file: str


class _Marks(NamedTuple):
    """All that a plot was judged by.

    landing: a living job still makes it. finished: a log says that it is done. fresh: seconds since it changed, as
    long as that counts.
    """

    stat: Stat
    head: bytes
    landing: bool
    finished: bool
    fresh: float | None


class _Given(NamedTuple):
    """All that the plots of one look are told by, beside the clock and their heads."""

    sightings: Mapping[str, _Sighting]
    stats: Mapping[str, Stat]
    finished: Collection[str]
    landing: Collection[str]


class Plots:
    """Looks at them again and again. A cache: names that were read, and plots of which nothing has changed."""

    def __init__(self, machine: Machine, plotters: Plotters) -> None:
        self._machine = machine
        self._plotters = plotters
        self._heads = Heads(machine)
        self._listings: Mapping[str, Sequence[Entry]] = {}
        self._sighted: dict[tuple[str, str], _Sighting | None] = {}
        self._sightings: Mapping[str, _Sighting] = {}
        self._stats: Mapping[str, Stat] = {}
        self._judged: dict[str, tuple[_Marks, Plot]] = {}
        self._given = _Given({}, {}, (), ())
        self._told: Mapping[str, tuple[Plot, ...]] = {}
        self._settled_at = inf

    def look(
        self,
        listings: Mapping[str, Sequence[Entry]],
        now: Instant,
        finished: Collection[str],
        landing: Collection[str],
    ) -> Mapping[str, tuple[Plot, ...]]:
        """Those of each directory, by name.

        listings: what lies in each, with what stat says of plots. finished: plot ids that a log says are done;
        landing: plot ids that a living job still makes.
        """
        if listings != self._listings:
            self._listings = listings
            self._sightings = self._sight(listings)
            self._stats = {path: stat for path, stat in _stats(listings) if path in self._sightings}
        given = _Given(self._sightings, self._stats, finished, landing)
        if given != self._given or now.at <= self._settled_at:
            self._given, self._told = given, self._tell(given, now)
        return self._told

    def _tell(self, given: _Given, now: Instant) -> Mapping[str, tuple[Plot, ...]]:
        """Every plot judged, as far as anything of it has changed."""
        heads = self._heads.read(given.stats, now)
        judged: dict[str, tuple[_Marks, Plot]] = {}
        found: dict[str, list[Plot]] = {}
        for path, sighting in given.sightings.items():
            stat, head = given.stats.get(path), heads.get(path)
            if stat is None or head is None:
                continue
            still, plot_id = now.at - stat.modified, sighting.name.plot_id
            fresh = still if 0 <= still < SETTLED else None
            marks = _Marks(stat, head, plot_id in given.landing, plot_id in given.finished, fresh)
            kept = self._judged.get(path)
            kept = judged[path] = (
                kept if kept is not None and kept[0] == marks else (marks, self._judge(sighting, marks))
            )
            found.setdefault(sighting.directory, []).append(kept[1])
        self._judged = judged
        self._settled_at = _settled_at(given, judged, now)
        return {path: tuple(sorted(plots, key=_name)) for path, plots in found.items()}

    def _sight(self, listings: Mapping[str, Sequence[Entry]]) -> Mapping[str, _Sighting]:
        """By path what lies there under a plot's final name."""
        keys = [
            (directory, entry.name)
            for directory, entries in listings.items()
            for entry in entries
            if not entry.folder
        ]
        self._sighted = {key: self._sighted[key] if key in self._sighted else _sighting(*key) for key in keys}
        return {each.path: each for each in self._sighted.values() if each is not None}

    def _judge(self, sighting: _Sighting, marks: _Marks) -> Plot:
        """Is it whole? By what the plotters say, by its head and by its size."""
        name, stat = sighting.name, marks.stat
        state: Literal["ready", "landing", "partial"] = "ready"
        low, high = self._plotters.band(name.k, name.compression, name.kind, name.digits)
        told = heads.read(marks.head)
        if marks.landing:
            state, why = "landing", "its job has not delivered it yet"
        elif fault := heads.fault(marks.head, name):
            state, why = "partial", fault
        elif not low <= stat.bytes <= high:
            state, why = "partial", f"{stat.bytes} bytes; a k{name.k} plot has {low} to {high}"
        elif marks.finished:
            why = "its job delivered it"
        elif marks.fresh is not None:
            state, why = "landing", f"no log speaks of it, and it changed {marks.fresh:.0f} s ago"
        else:
            why = "its head and size are a whole plot's, and nothing writes it"
        return Plot(
            name=sighting.file,
            directory=sighting.directory,
            bytes=stat.bytes,
            modified=stat.modified,
            k=name.k,
            plot_id=name.plot_id,
            state=state,
            why=why,
            compression=told.level if told is not None else name.compression or 0,
            contract=Known(told.contract) if told is not None else Unknown("its head does not tell"),
        )


def _settled_at(given: _Given, judged: Mapping[str, tuple[_Marks, Plot]], now: Instant) -> float:
    """Wall clock after which time alone changes nothing about any of them, once that has come; infinite before.

    So it is, too, while something of one could not be read.
    """
    if len(judged) < len(given.sightings):
        return inf
    settled_at = max((marks.stat.modified for marks, _ in judged.values()), default=-inf) + SETTLED
    return settled_at if now.at > settled_at else inf


def _stats(listings: Mapping[str, Sequence[Entry]]) -> Iterator[tuple[str, Stat]]:
    """Each path with what stat says of it."""
    for directory, entries in listings.items():
        for entry in entries:
            if entry.stat is not None:
                yield f"{directory}/{entry.name}", entry.stat


def _sighting(directory: str, file: str) -> _Sighting | None:
    name = names.parse(file)
    if name is None or name.temporary:
        return None
    return _Sighting(name, f"{directory}/{file}", directory, file)


def _name(plot: Plot) -> str:
    return plot.name
