"""The syntax of an argv: what it runs, and which flag takes which text. Knows no meaning."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TypeAlias

from reconciler.noun import noun
from reconciler.plotters.grammar import Option

Argument: TypeAlias = tuple[Option | None, str | None, tuple[str, ...]]
"""(row, its text, the tokens it took). Row None: not known, or its text is missing; text None: a bare flag."""

_PYTHON = re.compile(r"(?:python|pypy)[0-9.]*")
_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")
_PYTHON_WITH_VALUE = frozenset({"-X", "-W", "--check-hash-based-pycs"})


@noun
class Invocation:
    """What an argv runs: a program by its base name, or a Python module; and the arguments behind it."""

    program: str
    module: bool
    rest: Sequence[str]


def invocation(argv: Sequence[str]) -> Invocation | None:
    """See through a Python interpreter and its own options; None: it runs nothing that has a name."""
    if not argv:
        return None
    program = _base(argv[0])
    if not _PYTHON.fullmatch(program):
        return Invocation(program, False, argv[1:])
    at = 1
    while at < len(argv) and argv[at].startswith("-"):
        if argv[at] == "-m":
            return Invocation(argv[at + 1], True, argv[at + 2 :]) if at + 1 < len(argv) else None
        if argv[at].startswith("-c") or argv[at] == "-":
            return None
        at += 2 if argv[at] in _PYTHON_WITH_VALUE else 1
    return Invocation(_base(argv[at]), False, argv[at + 1 :]) if at < len(argv) else None


def _base(path: str) -> str:
    return path.replace("\\", "/").rpartition("/")[2].lower().removesuffix(".exe")


class Table:
    """Rows by their flags."""

    def __init__(self, rows: Sequence[Option], attached: bool) -> None:
        self.rows = tuple(rows)
        self._flags = {flag: row for row in rows for flag in row.flags}
        self._attached = attached

    def scan(self, tokens: Sequence[str]) -> Iterator[Argument]:
        """Each argument, from the left."""
        at = 0
        while at < len(tokens):
            token = tokens[at]
            at += 1
            if token == "--":
                yield from ((None, None, (rest,)) for rest in tokens[at:])
                return
            for row, text, took in self._one(token):
                if row is None or text is not None or row.kind == "flag":
                    yield row, text, took
                elif row.bare is not None and not (at < len(tokens) and _fits(row, tokens[at])):
                    yield row, str(row.bare), took
                elif at < len(tokens):
                    yield row, tokens[at], (*took, tokens[at])
                    at += 1
                else:
                    yield None, None, took

    def _one(self, token: str) -> Iterator[Argument]:
        """One token, as far as it can be understood alone; a cluster of short flags is several arguments."""
        row = self._flags.get(token)
        name, equals, text = token.partition("=")
        if row is not None:
            yield row, None, (token,)
        elif token.startswith("--"):
            yield (self._flags.get(name) if equals else None), text, (token,)
        elif self._attached and token.startswith("-") and (short := self._flags.get(token[:2])) is not None:
            if short.kind == "flag":
                yield short, None, (token[:2],)
                yield from self._one("-" + token[2:])
            else:
                yield short, token[2:], (token,)
        else:
            yield None, None, (token,)


def _fits(row: Option, token: str) -> bool:
    """Could the token be the value of a row whose value may be left out?"""
    if row.kind in ("int", "number"):
        return _NUMBER.fullmatch(token) is not None
    return not token.startswith("-")
