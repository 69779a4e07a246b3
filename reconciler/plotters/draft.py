"""What lines of a log that say something mean for its plots, line after line."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from reconciler.noun import changed, noun
from reconciler.plotters.definition import FIELDS, Rule
from reconciler.plotters.log import LogState, PlotLog, Seconds
from reconciler.state import Phase

Value: TypeAlias = str | int | float

_ID = re.compile(rb"([0-9a-f]{64})(?![0-9a-f])")


def _integer(text: bytes) -> int | None:
    return int(text) if text.isdigit() and len(text) <= 18 else None


def _number(text: bytes) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _path(text: bytes) -> str:
    return text.strip().decode("utf-8", "surrogateescape")


def _text(text: bytes) -> str:
    return text.strip().decode("utf-8", "replace")


_READ: Mapping[str, Callable[[bytes], Value | None]] = {
    "text": _text,
    "path": _path,
    "int": _integer,
    "number": _number,
}


def steps(rule: Rule) -> Mapping[bytes, Phase]:
    """The phase that a rule's line names, by what its group `step` captures; under nothing where it has none."""
    if rule.phase is None:
        return {}
    major, _, minor = rule.phase.partition(":")
    if not rule.steps:
        return {b"": Phase(int(major), int(minor))}
    return {step.encode(): Phase(int(major), at) for at, step in enumerate(rule.steps, 1)}


@noun
class Line:
    """A rule with the numbers of its groups in the one expression that finds its lines, and its phases by step."""

    rule: Rule
    groups: Mapping[str, int]
    steps: Mapping[bytes, Phase]

    def phase(self, found: re.Match[bytes]) -> Phase | None:
        """The phase that the line names."""
        step = self.groups.get("step")
        captured = found[step] if step is not None else None
        return self.steps.get(captured.strip() if captured is not None else b"")


class _Open:
    """A plot while lines are read into it: what it was, and what changed, so that a line costs no new plot."""

    __slots__ = ("base", "changes")

    def __init__(self, base: PlotLog) -> None:
        self.base = base
        self.changes: dict[str, Any] = {}

    def get(self, name: str) -> Any:
        """The value of a field as it is now."""
        return self.changes[name] if name in self.changes else getattr(self.base, name)

    def plot(self) -> PlotLog:
        """The plot as it is now."""
        return changed(self.base, self.changes) if self.changes else self.base


class Draft:
    """A state while a block is read into it."""

    def __init__(self, state: LogState) -> None:
        self._plots = [_Open(plot) for plot in state.plots]
        self._run, self._waits, self._startup_error = state.run, state.waits, state.startup_error

    def state(self, partial: bytes) -> LogState:
        """The draft, frozen."""
        return LogState(
            partial=partial,
            startup_error=self._startup_error,
            plots=tuple(plot.plot() for plot in self._plots),
            run=self._run,
            waits=self._waits,
        )

    def between(self, block: bytes, start: int, stop: int) -> None:
        """Lines that say nothing, yet end the waiting of the plot in hand."""
        if self._waits and stop > start and block.count(b"\n", start, stop):
            self._unstick()

    def _unstick(self) -> None:
        self._waits = False
        if self._plots:
            self._plots[-1].changes["stuck"] = False

    def take(self, line: Line, found: re.Match[bytes], text: bytes, following: bytes) -> None:
        """One line that says something. following: the next line, where the rule wants it."""
        if self._waits:
            self._unstick()
        said = {name: found[group] for name, group in line.groups.items() if found[group] is not None}
        changes = _facts(line, found, said)
        if line.rule.scope == "run":
            self._run = changed(self._run, changes)
            return
        marks = line.rule.marks
        named = "name" in said or "final_plot" in said
        error = _text(said.get("error", following if line.rule.next else text)) if "error" in marks else None
        if error is not None and not named and self._between_plots():
            self._startup_error = self._startup_error or error
            return
        plot = self._whose(line.rule, said)
        phase, before = line.phase(found), plot.get("phase")
        if phase is not None and (before is None or phase > before):
            changes["phase"] = phase
        if "phase_seconds" in said:
            changes["phase_seconds"] = _timed(plot.get("phase_seconds"), said)
        if marks:
            changes = _marked(plot, line.rule, error) | changes
        plot.changes |= changes
        plot.changes["stuck"] = "stuck" in marks
        self._waits = "stuck" in marks and not named

    def _between_plots(self) -> bool:
        return not self._plots or bool(self._plots[-1].get("delivered"))

    def _whose(self, rule: Rule, said: Mapping[str, bytes]) -> _Open:
        """The plot that a line is about: the one it names, else the last begun, else a new one."""
        file = said.get("name") or said.get("final_plot")
        told = _ID.search(file) if file is not None else None
        if told is not None:
            plot_id = told[1].decode()
            for plot in reversed(self._plots):
                if plot.get("plot_id") == plot_id:
                    return plot
        last = self._plots[-1] if self._plots else None
        fresh = last is not None and last.get("phase") is None and not last.get("plotting_done")
        if last is None or rule.opens == "always" or (rule.opens == "unless-fresh" and not fresh):
            last = _Open(self._run)
            self._plots.append(last)
        return last


def _facts(line: Line, found: re.Match[bytes], said: Mapping[str, bytes]) -> dict[str, Any]:
    """The fields that a line tells outright."""
    values = {name: _READ[FIELDS[name]](raw) for name, raw in said.items() if name in FIELDS}
    facts: dict[str, Any] = {name: value for name, value in values.items() if value is not None}
    if "final_plot" in facts and _quoted(found, line.groups["final_plot"]):
        facts["final_plot"] = re.sub(r"\\(.)", r"\1", facts["final_plot"])
    if line.rule.mode is not None:
        facts["mode"] = line.rule.mode
    return facts


def _marked(plot: _Open, rule: Rule, error: str | None) -> dict[str, Any]:
    """What a rule's marks change."""
    changes: dict[str, Any] = {}
    if "done" in rule.marks:
        changes["plotting_done"] = True
    if "delivered" in rule.marks:
        changes["delivered"] = True
        if plot.get("final_plot") is None and plot.get("part") is not None:
            changes["final_plot"] = plot.get("part").removesuffix(".tmp")
    if error is not None:
        changes |= {"error": plot.get("error") or error, "error_lines": plot.get("error_lines") + 1}
    return changes


def _quoted(found: re.Match[bytes], group: int) -> bool:
    """A value in double quotes is a C++ path, printed with backslashes before quotes and backslashes."""
    start = found.start(group)
    return found.string[start - 1 : start] == b'"'


def _timed(seconds: Seconds, said: Mapping[str, bytes]) -> Seconds:
    """The phases' seconds, with what the line tells of one of them."""
    major, took = said.get("major"), said.get("phase_seconds")
    if major not in (b"1", b"2", b"3", b"4") or took is None:
        return seconds
    one, two, three, four = (
        _number(took) if b"%d" % (at + 1) == major else old for at, old in enumerate(seconds)
    )
    return one, two, three, four
