"""A plotter's log, folded block by block into what it says.

Pure: `fold(state, data)` gives the same result however the bytes are cut, and never raises. Only whole
lines count: what stands behind the last newline waits for the rest of its line. One expression is
searched over whole blocks, so that the lines that say nothing, nearly all, cost next to nothing; a rule
is then held against its own line alone, whatever the expression saw beyond.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from reconciler.plotters.definition import FIELDS, GROUP, Rule
from reconciler.plotters.log import LogState, Seconds
from reconciler.state import Phase

Value: TypeAlias = str | int | float

LIMIT = 16384
"""Bytes of a line that are looked at; the rest of a longer one is passed over."""

_WRAPPERS = (
    rb"[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d(?:\.\d+)? \S+ [^\s:]+: ",  # journalctl, syslog
    rb"\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d\S* (?:\S+ [^\s:]+\[\d+\]: )?",  # ISO stamps, journalctl -o short-iso
    rb"\[[^\]\n]{8,40}\] ",  # [Sep 24 10:50:53]
    rb" *\d+\t",  # cat -n
    rb"> ",  # a quotation
)
"""What journals, wrappers and pagers put before each line."""

_WRAPPED = re.compile(rb"\n(?:%s)+" % b"|".join(_WRAPPERS))
_COLOUR = re.compile(rb"\x1b\[[0-9;]*m")
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
    "text": _text, "path": _path, "int": _integer, "number": _number,
}


@dataclass(frozen=True, slots=True)
class _Line:
    """A rule with the numbers of its groups in the one expression."""

    rule: Rule
    groups: Mapping[str, int]

    def phase(self, found: re.Match[bytes]) -> Phase | None:
        """The phase that the line names."""
        if self.rule.phase is None:
            return None
        major, _, minor = self.rule.phase.partition(":")
        if not self.rule.steps:
            return Phase(int(major), int(minor or 0))
        step = _text(found[self.groups["step"]])
        return Phase(int(major), self.rule.steps.index(step) + 1) if step in self.rule.steps else None


def phases(rules: Sequence[Rule]) -> tuple[Phase, ...]:
    """Every phase that a log can name, ascending."""
    every: set[Phase] = set()
    for rule in rules:
        if rule.phase is not None:
            major, _, minor = rule.phase.partition(":")
            minors = range(1, len(rule.steps) + 1) if rule.steps else (int(minor or 0),)
            every.update(Phase(int(major), number) for number in minors)
    return tuple(sorted(every))


class Reader:
    """Reads the logs of one plotter."""

    def __init__(self, said: Sequence[Rule]) -> None:
        """Compile all rules into one expression; that each is sound was seen when the definition was made."""
        rules = [GROUP.sub(rf"(?P<\1_{at}>", rule.match).encode() for at, rule in enumerate(said)]
        # Without groups the search rejects a line by its first byte: ten times as fast.
        bare = [GROUP.sub("(?:", rule.match).encode() for rule in said]
        either = b"|".join(b"(?P<line_%d>%s)" % (at, rule) for at, rule in enumerate(rules))
        self._near = re.compile(rb"\n(?:%s)" % b"|".join(bare), re.MULTILINE)
        self._pattern = re.compile(rb"\n(?:%s)" % either, re.MULTILINE)
        self._lines = {
            f"line_{at}": _Line(rule, {
                name: self._pattern.groupindex[f"{name}_{at}"] for name in GROUP.findall(rule.match)
            })
            for at, rule in enumerate(said)
        }

    def lines(self, data: bytes) -> int:
        """How many lines of a log say something to these rules."""
        return sum(1 for _ in self._pattern.finditer(_plain(_cut(b"\n" + data))))

    def fold(self, state: LogState, data: bytes) -> LogState:
        """Read on. data: what follows the bytes that the state was made of."""
        if not data:
            return state
        block = _cut(b"\n" + state.partial + data)
        end = block.rfind(b"\n")
        partial, block = block[end + 1:], block[:end]
        if not block:
            return replace(state, partial=partial)
        raw, block = block, _plain(block)
        draft = _Draft(state)
        at = 0
        while (near := self._near.search(block, at)) is not None:
            start, stop = near.start(), _line_end(block, near.start() + 1)
            found = self._pattern.match(block, start, stop)
            if found is None or found.lastgroup is None:
                draft.between(block, at, stop)
                at = stop
                continue
            line = self._lines[found.lastgroup]
            if line.rule.next and stop == len(block):
                # Only with the next line is it whole.
                partial = raw[raw.rfind(b"\n") + 1:] + b"\n" + partial
                block = block[:start]
                break
            draft.between(block, at, start)
            after = _line_end(block, stop + 1) if line.rule.next else stop
            draft.take(line, found, block[start + 1:stop], block[stop + 1:after])
            at = after
        draft.between(block, at, len(block))
        return draft.state(partial)


def _plain(block: bytes) -> bytes:
    """The lines without colours, carriage returns and what wrappers put before them."""
    block = _COLOUR.sub(b"", block) if b"\x1b" in block else block
    block = block.replace(b"\r\n", b"\n").removesuffix(b"\r") if b"\r" in block else block
    return _WRAPPED.sub(b"\n", block)


def _line_end(block: bytes, at: int) -> int:
    """Where the line ends that holds this place."""
    end = block.find(b"\n", at)
    return len(block) if end < 0 else end


def _cut(block: bytes) -> bytes:
    """The block with no line longer than the limit. Steps from newline to newline, at most a limit apart."""
    pieces = []
    at = kept = 0
    while at + LIMIT + 1 < len(block):
        newline = block.rfind(b"\n", at + 1, at + LIMIT + 2)
        if newline < 0:
            newline = _line_end(block, at + 1)
            pieces.append(block[kept:at + 1 + LIMIT])
            kept = newline
        at = newline
    return b"".join((*pieces, block[kept:])) if pieces else block


class _Draft:
    """A state while a block is read into it."""

    def __init__(self, state: LogState) -> None:
        self._plots = list(state.plots)
        self._run, self._waits, self._startup_error = state.run, state.waits, state.startup_error

    def state(self, partial: bytes) -> LogState:
        """The draft, frozen."""
        return LogState(
            partial=partial, startup_error=self._startup_error, plots=tuple(self._plots),
            run=self._run, waits=self._waits,
        )

    def between(self, block: bytes, start: int, stop: int) -> None:
        """Lines that say nothing, yet end the waiting of the plot in hand."""
        if self._waits and stop > start and block.count(b"\n", start, stop):
            self._unstick()

    def _unstick(self) -> None:
        self._waits = False
        if self._plots:
            self._plots[-1] = replace(self._plots[-1], stuck=False)

    def take(self, line: _Line, found: re.Match[bytes], text: bytes, following: bytes) -> None:
        """One line that says something."""
        if self._waits:
            self._unstick()
        said = {name: found[group] for name, group in line.groups.items() if found[group] is not None}
        values = {name: _READ[FIELDS[name]](raw) for name, raw in said.items() if name in FIELDS}
        changes = {name: value for name, value in values.items() if value is not None}
        if "final_plot" in changes and _quoted(found, line.groups["final_plot"]):
            changes["final_plot"] = re.sub(r"\\(.)", r"\1", str(changes["final_plot"]))
        if line.rule.mode is not None:
            changes["mode"] = line.rule.mode
        if line.rule.scope == "run":
            self._run = replace(self._run, **changes)  # type: ignore[arg-type]
            return
        marks = line.rule.marks
        error = _text(said.get("error", following if line.rule.next else text)) if "error" in marks else None
        if error is not None and self._between_plots():
            self._startup_error = self._startup_error or error
            return
        at = self._whose(line.rule, said)
        plot = self._plots[at]
        phase = line.phase(found)
        if "delivered" in marks and plot.final_plot is None and plot.part is not None:
            changes.setdefault("final_plot", plot.part.removesuffix(".tmp"))
        named = "name" in said or "final_plot" in said
        self._plots[at] = replace(
            plot,
            phase=max(filter(None, (plot.phase, phase)), default=None),
            phase_seconds=_timed(plot.phase_seconds, said),
            plotting_done=plot.plotting_done or "done" in marks,
            delivered=plot.delivered or "delivered" in marks,
            error=plot.error or error,
            error_lines=plot.error_lines + (error is not None),
            stuck="stuck" in marks,
            **changes,  # type: ignore[arg-type]
        )
        self._waits = "stuck" in marks and not named

    def _between_plots(self) -> bool:
        return not self._plots or self._plots[-1].delivered

    def _whose(self, rule: Rule, said: Mapping[str, bytes]) -> int:
        """The place of the plot that a line is about: the one it names, else the last begun, else a new one."""
        file = _ID.search(said.get("name") or said.get("final_plot") or b"")
        for at in range(len(self._plots) - 1, -1, -1):
            if file is not None and self._plots[at].plot_id == file[1].decode():
                return at
        fresh = bool(self._plots) and self._plots[-1].phase is None and not self._plots[-1].plotting_done
        if not self._plots or rule.opens == "always" or (rule.opens == "unless-fresh" and not fresh):
            self._plots.append(self._run)
        return len(self._plots) - 1


def _quoted(found: re.Match[bytes], group: int) -> bool:
    """A value in double quotes is a C++ path, printed with backslashes before quotes and backslashes."""
    start = found.start(group)
    return found.string[start - 1:start] == b'"'


def _timed(seconds: Seconds, said: Mapping[str, bytes]) -> Seconds:
    """The phases' seconds, with what the line tells of one of them."""
    major, took = said.get("major"), said.get("phase_seconds")
    if major not in (b"1", b"2", b"3", b"4") or took is None:
        return seconds
    one, two, three, four = (_number(took) if b"%d" % (at + 1) == major else old for at, old in enumerate(seconds))
    return one, two, three, four
