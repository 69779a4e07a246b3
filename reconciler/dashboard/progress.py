"""Where all jobs stand, in one line, and the milestone that holds the next start, in another. Pure."""

from __future__ import annotations

from collections import Counter

from reconciler.facts import Facts
from reconciler.state import Known, Phase
from reconciler.views.symbols import Symbols

WIDEST = 3
"""Columns of one phase at most."""


def lines(facts: Facts, symbols: Symbols, width: int) -> tuple[str, str]:
    """(a column for each phase with how many jobs are at it, a mark below the spec's milestone).

    The major phases' numbers stand in front of their steps: ``1|·21·1·· 2|··3··· 3|······ 4|1 5|·``.
    Jobs of an unknown phase count at "?". Where the width does not do for steps, each major phase has its sum.
    """
    counts = Counter(job.phase.value if isinstance(job.phase, Known) else None for job in facts.jobs)
    axis = _axis(facts)
    majors = sorted({phase.major for phase in axis})
    unknown = f"? {counts[None]} " if counts[None] else ""
    for each in range(WIDEST, 0, -1):
        line, places = _drawn(axis, majors, counts, symbols, each)
        if len(unknown) + len(line) <= width:
            return unknown + line, _below(facts, places, len(unknown), width)
    sums = Counter(phase.major for phase in counts.elements() if phase is not None)
    return (unknown + " ".join(f"{major}:{sums[major]}" for major in majors))[:width], ""


def _axis(facts: Facts) -> list[Phase]:
    """Every phase that the jobs here, and those that the spec starts, can be at.

    The moment before a major phase's first step has a column only where a job is in it.
    """
    names = {job.plotter for job in facts.jobs}
    if facts.spec.plotting is not None:
        names.add(facts.spec.plotting.plotter)
    phases = {job.phase.value for job in facts.jobs if isinstance(job.phase, Known)}
    for name in names:
        phases.update(facts.plotters[name].phases if name in facts.plotters else ())
    stepped = {phase.major for phase in phases if phase.minor}
    taken = {job.phase for job in facts.jobs}
    return sorted(p for p in phases if p.minor or p.major not in stepped or Known(p) in taken)


def _drawn(
    axis: list[Phase], majors: list[int], counts: Counter[Phase | None], symbols: Symbols, each: int
) -> tuple[str, dict[Phase, int]]:
    """The line with so many columns a phase, and in which column each phase stands."""
    line, places = "", dict[Phase, int]()
    for major in majors:
        line += f"{major}|"
        for phase in (phase for phase in axis if phase.major == major):
            places[phase] = len(line)
            line += _digit(counts[phase], symbols, each).ljust(each)
        line += " "
    return line.rstrip(), places


def _digit(count: int, symbols: Symbols, each: int) -> str:
    """How many, in so many columns."""
    if count == 0:
        return symbols.dot if symbols.dot != "-" else "."
    return str(count) if len(str(count)) <= max(1, each - 1) else "+"


def _below(facts: Facts, places: dict[Phase, int], offset: int, width: int) -> str:
    """The mark below the milestone that a job must have passed before the next starts on its tmp."""
    stagger = facts.spec.scheduling.tmp.stagger
    if stagger == "auto" or not places:
        return ""
    until = stagger.until
    at = next((column for phase, column in sorted(places.items()) if phase >= until), None)
    if at is None:
        return ""
    before = sum(not isinstance(job.phase, Known) or job.phase.value < until for job in facts.jobs)
    text = f"stagger: {stagger.at_most} a tmp before {until}; {before} in all now"
    at += offset
    line = " " * at + f"^ {text}"
    if len(line) > width:
        line = f"{text} ^".rjust(at + 1)
    return line if len(line) <= width else " " * at + "^"
