"""How large plots are, and how much room a job takes: a definition's table, read for any k and level.

A k without a row is judged by the rows around it. All sizes grow with the number of entries times
their width, (2k + 1) * 2^(k - 1) (the formula of chia's own estimate), so a row counts by what it says
per such unit; where two rows bound a k, the larger one counts for room and both for a plot's size. A
compression level without a row is judged by those around it likewise.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from itertools import zip_longest
from types import MappingProxyType

from reconciler.noun import noun
from reconciler.plotters.definition import Compression, Mode, Room, Space
from reconciler.state import Phase

Options = Mapping[str, str | int | float | bool]
NO_OPTIONS: Options = MappingProxyType({})


@noun
class Growth:
    """Bytes on tmp and on tmp2. Where tmp2 is not given, its files count to tmp."""

    tmp: int
    tmp2: int


@noun
class Leg:
    """A stretch of a job's way. begins: the share of its time that is over then; held: the most bytes on tmp."""

    phase: Phase
    begins: float
    held: int


def units(k: int) -> int:
    """What sizes and times of a k grow with."""
    return (2 * k + 1) << (k - 1)


def _phase(text: str) -> Phase:
    major, minor = text.split(":")
    return Phase(int(major), int(minor))


class Sizes:
    """One plotter's table."""

    def __init__(self, space: Space, compression: Compression | None) -> None:
        self._space = space
        self._ks = [room.k for room in space.rooms]
        self._rests = [(_phase(rest.at), rest) for rest in space.rests]
        self._plots: dict[tuple[int, int | None], int] = {}
        self._bands: dict[tuple[int, int | None], tuple[int, int]] = {}
        self._growths: dict[tuple[object, ...], Growth] = {}
        self._courses: dict[tuple[object, ...], tuple[Leg, ...]] = {}
        rows = compression.levels if compression is not None else ()
        self._levels = [(0, 1.0), *((row.level, row.plot) for row in rows)]

    def _around(self, k: int, size: Callable[[Room], int]) -> tuple[float, float]:
        """What the rows below and above say for this k, in bytes; twice the same where only one is near."""
        rooms = self._space.rooms
        above = min(bisect_right(self._ks, k - 1), len(rooms) - 1)
        below = max(bisect_right(self._ks, k) - 1, 0)
        low, high = (size(room) * units(k) / units(room.k) for room in (rooms[below], rooms[above]))
        return low, high

    def _compressed(self, level: int | None) -> tuple[float, float]:
        """Least and most of a plot that are left at a level; the least is 0 above every level that is known."""
        below = max(row for row in self._levels if row[0] <= (level or 0))
        above = next((row for row in self._levels if row[0] >= (level or 0)), None)
        return (above[1] if above is not None else 0.0), below[1]

    def plot(self, k: int, level: int | None) -> int:
        """Expected size of a finished plot, in bytes."""
        if (k, level) not in self._plots:
            self._plots[k, level] = self._plot(k, level)
        return self._plots[k, level]

    def _plot(self, k: int, level: int | None) -> int:
        least, most = self._compressed(level)
        left = (least or most) / 2 + most / 2
        return round(left * sum(self._around(k, lambda room: room.plot)) / 2)

    def band(self, k: int, level: int | None) -> tuple[int, int]:
        """The smallest and the largest size that a whole plot can have, in bytes."""
        if (k, level) not in self._bands:
            self._bands[k, level] = self._band(k, level)
        return self._bands[k, level]

    def _band(self, k: int, level: int | None) -> tuple[int, int]:
        off = min(self._space.spread + self._space.noise / 2 ** (k / 2), 1)
        low, high = sorted(self._around(k, lambda room: room.plot))
        least, most = self._compressed(level)
        return int(low * least * (1 - off)), round(high * most * (1 + off))

    def peak(self, k: int, tmp2: bool, level: int | None, options: Options) -> Growth:
        """The most that a job ever takes."""
        alone = tmp = apart = 1.0
        for mode in self._modes(options):
            alone, tmp, apart = alone * mode.alone, tmp * mode.tmp, apart * mode.tmp2
        if not tmp2:
            return Growth(round(alone * max(self._around(k, lambda room: room.alone))), 0)
        second = apart * max(self._around(k, lambda room: room.tmp2 or room.plot))
        return Growth(
            round(tmp * max(self._around(k, lambda room: room.tmp or room.alone))),
            max(self.band(k, level)[1], round(second)),
        )

    def growth(self, k: int, phase: Phase | None, tmp2: bool, level: int | None, options: Options) -> Growth:
        """The most that may still come on each, from any moment of this phase until the job ends.

        A log lags behind its job by what the plotter's output buffer holds, so the rows of later phases
        count, too.
        """
        key = (k, phase, tmp2, level, *self._chosen(options))
        found = self._growths.get(key)
        if found is None:
            found = self._growths[key] = self._growth(k, phase, tmp2, level, options)
        return found

    def _growth(self, k: int, phase: Phase | None, tmp2: bool, level: int | None, options: Options) -> Growth:
        peak = self.peak(k, tmp2, level, options)
        after = [] if phase is None else [at for at, _ in self._rests if at <= phase]
        if not after or not all(mode.rests for mode in self._modes(options)):
            return peak
        rests = [row for at, row in self._rests if at >= after[-1]]
        if not tmp2:
            return Growth(round(peak.tmp * max(row.alone for row in rests)), 0)
        return Growth(
            round(peak.tmp * max(row.tmp for row in rests)), round(peak.tmp2 * max(row.tmp2 for row in rests))
        )

    def course(
        self, shares: tuple[tuple[Phase, float], ...], k: int, level: int | None, options: Options
    ) -> tuple[Leg, ...]:
        """What a job without tmp2 holds on its way. shares: each phase, and the share of the time that is over then.

        A leg holds what its phase or any within it does at most. Empty where nothing is known of it.
        """
        key = (shares, k, level, *self._chosen(options))
        found = self._courses.get(key)
        if found is None:
            found = self._courses[key] = self._course(shares, k, level, options)
        return found

    def _course(
        self, shares: tuple[tuple[Phase, float], ...], k: int, level: int | None, options: Options
    ) -> tuple[Leg, ...]:
        rows = [(at, row.held) for at, row in self._rests if row.held is not None]
        if len(rows) < max(1, len(self._rests)) or not all(mode.rests for mode in self._modes(options)):
            return ()
        peak = self.peak(k, False, level, options).tmp
        ends = [at for at, _ in shares[1:]]
        legs = []
        for (phase, begins), until in zip_longest(shares, ends):
            before = [part for at, part in rows if at <= phase]
            within = [part for at, part in rows if phase < at and (until is None or at < until)]
            most = max([before[-1] if before else 1.0, *within])
            legs.append(Leg(phase, begins, round(peak * most)))
        return tuple(legs)

    def _chosen(self, options: Options) -> Iterator[object]:
        """What the options say of each mode."""
        return (options.get(mode.option) for mode in self._space.modes)

    def _modes(self, options: Options) -> list[Mode]:
        """What the options turn on."""
        return [
            mode
            for mode in self._space.modes
            if (given := options.get(mode.option)) is not None
            and (given is not False if mode.value is None else given == mode.value)
        ]
