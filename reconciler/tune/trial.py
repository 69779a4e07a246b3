"""What came of one setting in simulation. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean
from typing import TYPE_CHECKING

from reconciler.noun import noun
from reconciler.tune.setting import Setting

if TYPE_CHECKING:
    from reconciler.simulate.outcome import Result

NOISE = 0.02
"""A gain within this part of what there is may be chance."""

ALIKE = 0.002
"""So little of a difference is none."""


@noun
class Trial:
    """One way to run the machine. setting: None: as the spec is, or left to the tool. results: of each seed."""

    name: str
    setting: Setting | None
    results: tuple[Result, ...]

    @property
    def plots_a_day(self) -> float:
        """In the mean over the seeds."""
        return fmean(each.plots_a_day for each in self.results)

    @property
    def lost(self) -> int:
        """Jobs lost, in all."""
        return sum(each.lost for each in self.results)

    def beats(self, other: Trial, by: float) -> bool:
        """Is it better by more than that part, or does it keep jobs that the other loses?"""
        if (self.lost == 0) != (other.lost == 0):
            return self.lost == 0
        return self.plots_a_day > other.plots_a_day * (1 + by)


def best(trials: Sequence[Trial]) -> Trial | None:
    """Of the settings that lost no job and make the most plots a day the one with the fewest jobs; else None.

    What one has in hand of another by less than ALIKE does not count.
    """
    sound = [each for each in trials if each.lost == 0]
    most = max((each.plots_a_day for each in sound), default=0.0)
    alike = [each for each in sound if each.plots_a_day >= most * (1 - ALIKE)]
    return min(alike, key=lambda each: each.setting.max_jobs if each.setting is not None else 0, default=None)
