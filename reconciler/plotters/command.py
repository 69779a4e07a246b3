"""A plotter's command line: one table, written and read.

Reading is for any argv that a person or another tool may have typed: any spelling, attached or not,
repeated, and with arguments that the table does not know, which are kept apart. Keys and contracts are
written, yet never read: they belong in no observation, and what looks like one is blotted out wherever
it stands.
"""

from __future__ import annotations

import posixpath
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from functools import cached_property
from typing import TypeVar

from reconciler.noun import noun
from reconciler.plotters.argv import Argument, Table, invocation
from reconciler.plotters.grammar import NOUNS, Command, Kind, Option

T = TypeVar("T")

Scalar = str | int | float | bool

_INTEGER = re.compile(r"[+-]?\d{1,18}", re.ASCII)
_SECRET = re.compile(r"[0-9a-fA-F]{96,}|(?:xch|txch|mmx)1[0-9a-z]{38,}")
"""Keys, memos (which hold a secret key) and contracts."""
_WORDS = {"true": True, "1": True, "false": False, "0": False}


@noun(kw_only=True)
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

    @property
    def values(self) -> Mapping[str, Scalar]:
        """All that is given, by name."""
        nouns: dict[str, Scalar | None] = {
            "k": self.k,
            "tmp": self.tmp,
            "tmp2": self.tmp2,
            "dst": self.dst,
            "farmer_key": self.farmer_key,
            "pool_key": self.pool_key,
            "contract": self.contract,
        }
        return {**self.options, **{name: value for name, value in nouns.items() if value is not None}}


@noun(kw_only=True)
class Arguments:
    """What an argv says.

    Paths are absolute; None where not given, or relative while the working directory is not known. What
    is no path of this machine (`@host`, `@RAM`) is as it stands.
    k, dst and the like are the plotter's own defaults where the argv leaves them out.
    tmps, dsts: all directories where several were given; tmp and dst are the first that counts.
    options: what the argv gives, by the definition's names.
    extras: arguments that the definition does not know or cannot read, in order.
    """

    k: int | None
    tmp: str | None
    tmp2: str | None
    dst: str | None
    count: int | None
    plot_id: str | None
    tmps: tuple[str, ...] = ()
    dsts: tuple[str, ...] = ()
    options: Mapping[str, Scalar]
    extras: tuple[str, ...]


class CommandLine:
    """One plotter's command line."""

    def __init__(self, command: Command) -> None:
        self.command = command
        self.rows = {row.value: row for row in (*command.before, *command.options)}
        self.programs: dict[str, int | None] = {
            program.replace("{k}", str(k)): k if "{k}" in program or len(command.ks) == 1 else None
            for program in command.programs
            for k in command.ks or (None,)
        }

    @cached_property
    def _tables(self) -> tuple[Table, Table]:
        command = self.command
        return Table(command.before, command.attached), Table(command.options, command.attached)

    # writing

    def build(self, order: Order) -> tuple[str, ...]:
        """The argv for an order that is fit (see `fitness.misfits`)."""
        command, values = self.command, order.values
        return (
            order.executable or self.executable(order.k),
            *(("-m", command.module) if command.module else ()),
            *(token for row in command.before for token in _written(row, values)),
            *command.words,
            *(token for row in command.options for token in _written(row, values)),
            *(str(values[place]) for place in command.places if place in values),
        )

    def executable(self, k: int) -> str:
        """What is run for plots of k where nobody names an executable."""
        found = self.command.executable
        for larger in self.command.executables:
            if k >= larger.from_k:
                found = larger.executable
        return found.replace("{python}", sys.executable).replace("{k}", str(k))

    def carries(self, name: str, values: Mapping[str, Scalar]) -> bool:
        """Does the argv for these values tell this one?"""
        row = self.rows.get(name)
        return name in self.command.places or (row is not None and _wanted(row, values))

    def unsaid(self, name: str, values: Mapping[str, Scalar | None]) -> Scalar | None:
        """What the plotter takes for a value that the argv does not tell; None: nothing."""
        row = self.rows.get(name)
        value = row.default if row is not None else self.command.fixed.get(name)
        if isinstance(value, str) and value.startswith("{"):
            return values.get(value.strip("{}"))
        return value

    # reading

    def recognises(self, argv: Sequence[str]) -> bool:
        """Is it a job of this plotter?"""
        parts = self._split(argv)
        if parts is None:
            return False
        found = list(self._scan(parts))
        if any(row is None and took[0] in self.command.no_job for row, _, took in found):
            return False
        tells = self.command.tells
        return not tells or any(row is not None and row.value in tells for row, _, _ in found)

    def _split(self, argv: Sequence[str]) -> tuple[int | None, Sequence[str], Sequence[str]] | None:
        """(k by the program, the arguments before and behind the words); None: it is another program's."""
        ran = invocation(argv)
        if ran is None:
            return None
        if not (ran.program == self.command.module if ran.module else ran.program in self.programs):
            return None
        k = self.programs.get(ran.program)
        words = list(self.command.words)
        before: list[str] = []
        passed = 0
        unknown = False
        for row, _, took in self._tables[0].scan(ran.rest) if words else ():
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
        return (k, before, ran.rest[passed:]) if not words else None

    def _scan(self, parts: tuple[int | None, Sequence[str], Sequence[str]]) -> Iterator[Argument]:
        for table, tokens in zip(self._tables, parts[1:], strict=True):
            yield from table.scan(tokens)

    def read(self, argv: Sequence[str], cwd: str | None) -> Arguments:
        """What the argv says; ValueError where it is not this plotter's."""
        parts = self._split(argv)
        if parts is None:
            raise ValueError(f"not a command line of this plotter: {argv!r}")
        told: dict[str, list[Scalar | None]] = {}
        left: list[str] = []
        for row, text, took in self._scan(parts):
            value = None if row is None else _read(row, text, cwd)
            if row is not None:
                told.setdefault(row.value, []).append(value)
            if value is None and not (row is not None and row.kind == "path"):
                left += took
        self._places(left, told, cwd)
        values: dict[str, Scalar | None] = {
            name: found[0] if name in self.rows and self.rows[name].repeats else found[-1]
            for name, found in told.items()
        }
        own = {name: value for name, value in values.items() if name not in NOUNS and value is not None}
        if parts[0] is not None:
            values.setdefault("k", parts[0])
        for name in (*NOUNS, *NOUNS):  # twice, for one may be another's default
            if name not in values and (value := self.unsaid(name, values)) is not None:
                values[name] = (
                    _absolute(value, cwd) if NOUNS[name] == "path" and isinstance(value, str) else value
                )
        return Arguments(
            k=_of(int, values.get("k")),
            count=_of(int, values.get("count")),
            tmp=_of(str, values.get("tmp")),
            tmp2=_of(str, values.get("tmp2")),
            dst=_of(str, values.get("dst")),
            plot_id=_of(str, values.get("plot_id")),
            tmps=self._all("tmp", told, values),
            dsts=self._all("dst", told, values),
            options={
                name: _SECRET.sub("…", value) if isinstance(value, str) else value
                for name, value in own.items()
            },
            extras=tuple(_SECRET.sub("…", token) for token in left),
        )

    def _places(self, left: list[str], told: dict[str, list[Scalar | None]], cwd: str | None) -> None:
        """Take the values without a flag off the end of what is left."""
        for at, place in enumerate(reversed(self.command.places)):
            found: list[str] = []
            while left and not left[-1].startswith("-") and (not found or (at == 0 and self.command.many)):
                found.insert(0, left.pop())
            if len(found) > 1 and left:
                left.append(found.pop(0))  # the value of an option that is not known
            if found:
                kind = NOUNS.get(place, "text")
                told[place] = [_absolute(text, cwd) if kind == "path" else text for text in found]

    def _all(
        self, name: str, told: Mapping[str, list[Scalar | None]], values: Mapping[str, Scalar | None]
    ) -> tuple[str, ...]:
        """Every directory that was given under a name, or the one that counts."""
        repeats = (name in self.rows and self.rows[name].repeats) or (
            self.command.many and name in self.command.places
        )
        found = told.get(name, []) if repeats and name in told else [values.get(name)]
        return tuple(dict.fromkeys(value for value in found if isinstance(value, str)))


def _wanted(row: Option, values: Mapping[str, Scalar]) -> bool:
    return not row.with_any or any(values.get(name) not in (None, False) for name in row.with_any)


def _written(row: Option, values: Mapping[str, Scalar]) -> tuple[str, ...]:
    if not _wanted(row, values):
        return ()
    value = (
        row.always if row.always is not None else values.get(row.value, row.default if row.written else None)
    )
    if value is None and row.below_k is not None and int(values["k"]) < row.below_k:
        value = True
    if value is None:
        return ()
    if row.kind == "flag":
        return (row.flags[0],) if value else ()
    text = str(value)
    if row.apart is not None and text.startswith(row.apart):
        return row.flags[0], text
    if row.kind == "path" and row.form != "{}":
        text = text.rstrip("/")
    return row.flags[0], row.form.replace("{}", text)


def _read(row: Option, text: str | None, cwd: str | None) -> Scalar | None:
    """A typed value; None where the text is no such value."""
    kind: Kind = row.kind
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
    if kind == "path" and not (row.apart is not None and text.startswith(row.apart)):
        return _absolute(text, cwd)
    return text


def _absolute(path: str, cwd: str | None) -> str | None:
    if not path.startswith("/"):
        if cwd is None:
            return None
        path = f"{cwd}/{path}"
    return "/" + posixpath.normpath(path).lstrip("/")


def _of(kind: type[T], value: object) -> T | None:
    return value if isinstance(value, kind) else None
