"""A plotter's log, folded block by block into what it says.

Pure: `fold(state, data)` gives the same result however the bytes are cut, and never raises. Only whole
lines count: what stands behind the last newline waits for the rest of its line. One expression is
searched over whole blocks, so that the lines that say nothing, nearly all, cost next to nothing; a rule
is then held against its own line alone, whatever the expression saw beyond.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from reconciler.plotters.definition import GROUP, Rule
from reconciler.plotters.draft import Draft, Line, steps
from reconciler.plotters.log import LogState
from reconciler.state import Phase

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

# What none of them begins with is rejected by its first byte: twice as fast.
_WRAPPED = re.compile(rb"\n(?=[A-Z\d\[ >])(?:%s)+" % b"|".join(_WRAPPERS))
_COLOUR = re.compile(rb"\x1b\[[0-9;]*m")


def phases(rules: Sequence[Rule]) -> tuple[Phase, ...]:
    """Every phase that a log can name, ascending."""
    return tuple(sorted({phase for rule in rules for phase in steps(rule).values()}))


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
        numbers = self._pattern.groupindex
        self._lines = {
            f"line_{at}": Line(
                rule, {name: numbers[f"{name}_{at}"] for name in GROUP.findall(rule.match)}, steps(rule)
            )
            for at, rule in enumerate(said)
        }

    def lines(self, data: bytes) -> int:
        """How many lines of a log say something to these rules."""
        block = _plain(_cut(b"\n" + data))
        return sum(1 for _ in self._near.finditer(block))

    def fold(self, state: LogState, data: bytes) -> LogState:
        """Read on. data: what follows the bytes that the state was made of."""
        if not data:
            return state
        block = _cut(b"\n" + state.partial + data)
        end = block.rfind(b"\n")
        partial, block = block[end + 1 :], block[:end]
        if not block:
            return replace(state, partial=partial)
        raw, block = block, _plain(block)
        near = self._near.search(block)
        if near is None and not state.waits:
            return state if partial == state.partial else replace(state, partial=partial)
        draft = Draft(state)
        at = 0
        while near is not None:
            start, stop = near.start(), _line_end(block, near.start() + 1)
            found = self._pattern.match(block, start, stop)
            if found is None or found.lastgroup is None:
                draft.between(block, at, stop)
                at = stop
                near = self._near.search(block, at)
                continue
            line = self._lines[found.lastgroup]
            if line.rule.next and stop == len(block):
                # Only with the next line is it whole.
                partial = raw[raw.rfind(b"\n") + 1 :] + b"\n" + partial
                block = block[:start]
                break
            draft.between(block, at, start)
            after = _line_end(block, stop + 1) if line.rule.next else stop
            draft.take(line, found, block[start + 1 : stop], block[stop + 1 : after])
            at = after
            near = self._near.search(block, at)
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
            pieces.append(block[kept : at + 1 + LIMIT])
            kept = newline
        at = newline
    return b"".join((*pieces, block[kept:])) if pieces else block
