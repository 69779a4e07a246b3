"""A plotter's command line: one table, written and read.

Reading is for any argv that a person or another tool may have typed: any spelling, attached or not,
repeated (the last one counts), and with arguments that the table does not know, which are kept apart.
Keys and contracts are written, yet never read: they belong in no observation.
"""

from __future__ import annotations

import difflib
import posixpath
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from reconciler.errors import UsageError
from reconciler.plotters.argv import Table, invocation
from reconciler.plotters.definition import NOUNS, Command, Kind, Option

T = TypeVar("T")

Scalar = str | int | float | bool

_INTEGER = re.compile(r"[+-]?\d{1,18}", re.ASCII)
_WORDS = {"true": True, "1": True, "false": False, "0": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a new job shall do.

    tmp, tmp2, dst: directories, absolute. executable: None: as the definition says.
    farmer_key, pool_key, contract: as the plotter takes them.
    options: the plotter's own options, by their names in its definition and in its own units.
    """

    k: int
    tmp: str
    tmp2: str | None
    dst: str
    executable: str | None = None
    farmer_key: str | None = None
    pool_key: str | None = None
    contract: str | None = None
    options: Mapping[str, Scalar] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arguments:
    """What an argv says.

    Paths are absolute; None where not given, or relative while the working directory is not known.
    k, dst and the like are the plotter's own defaults where the argv leaves them out.
    options: what the argv gives, by the definition's names.
    extras: arguments that the definition does not know or cannot read, in order.
    """

    k: int | None
    tmp: str | None
    tmp2: str | None
    dst: str | None
    count: int | None
    plot_id: str | None
    options: Mapping[str, Scalar]
    extras: tuple[str, ...]


class CommandLine:
    """One plotter's command line."""

    def __init__(self, command: Command) -> None:
        self.command = command
        self._before = Table(command.before, command.attached)
        self._options = Table(command.options, command.attached)
        self.rows = (*command.before, *command.options)
        self.own = {row.value: row for row in self.rows if row.value not in NOUNS and row.always is None}
        self.takes = frozenset(row.value for row in self.rows) | frozenset(command.places)

    # writing

    def build(self, order: Order) -> tuple[str, ...]:
        """The argv for an order; UsageError where the order is unfit."""
        if problems := self.unfit(order):
            raise UsageError("; ".join(problems))
        values = _values(order)
        executable = order.executable or self.command.executable.replace("{python}", sys.executable)
        return (
            executable,
            *(("-m", self.command.module) if self.command.module else ()),
            *(token for row in self.command.before for token in _written(row, values, order.k)),
            *self.command.words,
            *(token for row in self.command.options for token in _written(row, values, order.k)),
            *(str(values[place]) for place in self.command.places if place in values),
        )

    def unfit(self, order: Order) -> tuple[str, ...]:
        """Why the plotter could not do it, a plain sentence each; empty: it can."""
        return tuple(self._misfits(order))

    def _misfits(self, order: Order) -> Iterator[str]:
        values = _values(order)
        for name in order.options:
            if name not in self.own:
                near = difflib.get_close_matches(name, self.own, n=1)
                known = f"did you mean {near[0]}?" if near else f"it has {', '.join(sorted(self.own)) or 'none'}"
                yield f"option {name} is not known to this plotter; {known}"
        for row in self.rows:
            if row.value in values and row.always is None:
                yield from _wrong(row, values[row.value])
        if order.tmp2 is not None and "tmp2" not in self.takes:
            yield "this plotter takes no second temporary directory; leave directories.tmp2 out"
        for either in self.command.needs:
            if not any(value in values for value in either):
                yield f"this plotter needs {' or '.join(either)}"

    # reading

    def recognises(self, argv: Sequence[str]) -> bool:
        """Is it this plotter's command line?"""
        return self._split(argv) is not None

    def _split(self, argv: Sequence[str]) -> tuple[Sequence[str], Sequence[str]] | None:
        """The arguments before and behind the words; None: it is another program's."""
        ran = invocation(argv)
        if ran is None:
            return None
        if not (ran.program == self.command.module if ran.module else ran.program in self.command.programs):
            return None
        words = list(self.command.words)
        before: list[str] = []
        passed = 0
        unknown = False
        for row, _, took in self._before.scan(ran.rest) if words else ():
            passed += len(took)
            if row is not None or took[0].startswith("-"):
                before += took
                unknown = row is None and "=" not in took[0]
            elif took[0] == words[0]:
                words.pop(0)
                unknown = False
                if not words:
                    break
            elif unknown:
                before += took
                unknown = False
            else:
                return None
        return (before, ran.rest[passed:]) if not words else None

    def read(self, argv: Sequence[str], cwd: str | None) -> Arguments:
        """What the argv says; ValueError where it is not this plotter's."""
        parts = self._split(argv)
        if parts is None:
            raise ValueError(f"not a command line of this plotter: {argv!r}")
        before, behind = parts
        values: dict[str, Scalar | None] = {}
        left: list[str] = []
        for table, tokens in ((self._before, before), (self._options, behind)):
            for row, text, took in table.scan(tokens):
                value = None if row is None else _read(row.kind, text, cwd)
                if row is not None:
                    values[row.value] = value
                if value is None and not (row is not None and row.kind == "path"):
                    left += took
        for place in reversed(self.command.places):
            if left and not left[-1].startswith("-"):
                values[place] = _read(NOUNS.get(place, "text"), left.pop(), cwd)
        own = {name: value for name, value in values.items() if name not in NOUNS and value is not None}
        for row in self.rows:
            if row.value in NOUNS and row.value not in values and row.default is not None:
                values[row.value] = _default(row, values, cwd)
        return Arguments(
            k=_of(int, values.get("k")), count=_of(int, values.get("count")),
            tmp=_of(str, values.get("tmp")), tmp2=_of(str, values.get("tmp2")), dst=_of(str, values.get("dst")),
            plot_id=_of(str, values.get("plot_id")),
            options=own, extras=tuple(left),
        )


def _values(order: Order) -> dict[str, Scalar]:
    nouns: dict[str, Scalar | None] = {
        "k": order.k, "tmp": order.tmp, "tmp2": order.tmp2, "dst": order.dst,
        "farmer_key": order.farmer_key, "pool_key": order.pool_key, "contract": order.contract,
    }
    return {**order.options, **{name: value for name, value in nouns.items() if value is not None}}


def _written(row: Option, values: Mapping[str, Scalar], k: int) -> tuple[str, ...]:
    value = row.always if row.always is not None else values.get(row.value)
    if value is None and row.below_k is not None and k < row.below_k:
        value = True
    if value is None:
        return ()
    if row.kind == "flag":
        return (row.flags[0],) if value else ()
    text = str(value)
    if row.kind == "path" and row.form != "{}":
        text = text.rstrip("/")
    return row.flags[0], row.form.replace("{}", text)


def _wrong(row: Option, value: Scalar) -> Iterator[str]:
    """Why the plotter would not take this value."""
    named = row.value if row.value in NOUNS else f"option {row.value}"
    fits = {
        "flag": isinstance(value, bool),
        "int": isinstance(value, int) and not isinstance(value, bool),
        "number": isinstance(value, int | float) and not isinstance(value, bool),
    }
    right = {"flag": "true or false", "int": "a whole number", "number": "a number"}
    if not fits.get(row.kind, not isinstance(value, bool)):
        yield f"{named} is {value!r}; it must be {right.get(row.kind, 'text')}"
    elif isinstance(value, int | float) and row.minimum is not None and value < row.minimum:
        yield f"{named} is {value}; this plotter takes at least {row.minimum:g}"
    elif isinstance(value, int | float) and row.maximum is not None and value > row.maximum:
        yield f"{named} is {value}; this plotter takes at most {row.maximum:g}"


def _read(kind: Kind, text: str | None, cwd: str | None) -> Scalar | None:
    """A typed value; None where the text is no such value."""
    if kind == "flag":
        return True if text is None else _WORDS.get(text.lower())
    if text is None:
        return None
    if kind == "int":
        return int(text) if _INTEGER.fullmatch(text) else None
    if kind == "number":
        try:
            return float(text)
        except ValueError:
            return None
    return _absolute(text, cwd) if kind == "path" else text


def _absolute(path: str, cwd: str | None) -> str | None:
    if not path.startswith("/"):
        if cwd is None:
            return None
        path = f"{cwd}/{path}"
    return "/" + posixpath.normpath(path).lstrip("/")


def _default(row: Option, values: Mapping[str, Scalar | None], cwd: str | None) -> Scalar | None:
    if isinstance(row.default, str) and row.default.startswith("{"):
        return values.get(row.default.strip("{}"))
    return _absolute(row.default, cwd) if row.kind == "path" and isinstance(row.default, str) else row.default


def _of(kind: type[T], value: object) -> T | None:
    return value if isinstance(value, kind) else None
