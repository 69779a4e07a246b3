"""A plotter's sample log, told with true times: what its rules read is what was."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from reconciler.noun import noun
from reconciler.state import Phase

if TYPE_CHECKING:
    from reconciler.plotters import Plotter, SampleLine

TOLD = frozenset({"phase_seconds", "total_seconds", "copy_seconds", "started_at"})
"""What of a line is told anew; all else stays as the sample has it."""


@noun
class Line:
    """A line of the log. major: the phase whose seconds it tells. share: of the job's time until the next."""

    sample: SampleLine
    text: str
    major: int | None

    @property
    def phase(self) -> Phase | None:
        """What it announces."""
        return self.sample.phase

    @property
    def share(self) -> float:
        """The part of the job's time that passes before the next line."""
        return self.sample.share

    def told(self, values: Mapping[str, str]) -> str:
        """The whole line, values put in their places; a place without one stays."""
        text, *rest = _parts(self.text)
        for name, after in zip(rest[::2], rest[1::2], strict=True):
            text += values.get(name, f"{{{name}}}") + after
        return text


@lru_cache(maxsize=1 << 10)
def _parts(text: str) -> list[str]:
    """Text, name of a place, text, and so on."""
    return re.split(r"\{(\w+)\}", text)


class Sayings:
    """One plotter's log.

    lines: all of it, in order. majors: the phase that each line belongs to, by its number; of plotters that name a
    step at its end, the first step of a phase counts to the one before. weights: the share of each phase.
    last: the line after which the plot is put under its final name.
    """

    def __init__(self, plotter: Plotter) -> None:
        rules = [re.compile(rule.match) for rule in (*plotter.definition.also, *plotter.definition.log.rules)]
        self.lines = tuple(_line(sample, rules) for sample in plotter.sample())
        self.weights: dict[int, float] = {}
        self.majors: list[int] = []
        major = 1
        for line in self.lines:
            major = max(major, line.phase.major) if line.phase is not None else major
            self.majors.append(major)
            self.weights[major] = self.weights.get(major, 0.0) + line.share
        self.last = max((at for at, line in enumerate(self.lines) if line.share), default=len(self.lines) - 1)


def _line(sample: SampleLine, rules: list[re.Pattern[str]]) -> Line:
    for rule in rules:
        # A rule reads what the line says once it is filled in: the places do for that.
        found = rule.match(sample.text)
        places = [(name, found.span(name)) for name in TOLD if found is not None and name in rule.groupindex]
        if found is None or not places:
            continue
        text = sample.text
        for name, (start, end) in sorted(places, key=lambda place: -place[1][0]):
            if start >= 0:
                text = f"{text[:start]}{{{name}}}{text[end:]}"
        told = found.groupdict().get("major")
        return Line(sample, text, int(told) if told else None)
    return Line(sample, sample.text, None)
