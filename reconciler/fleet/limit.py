"""Which hosts are meant: ``ring=canary,site!=berlin``."""

from __future__ import annotations

import re
from collections.abc import Mapping

from reconciler.noun import noun

_TERM = re.compile(
    r"(?P<not>!?)(?P<key>[A-Za-z0-9][A-Za-z0-9._-]*)(?:(?P<operator>!?=)(?P<value>[^=!]*))?", re.ASCII
)


@noun
class Term:
    """One condition on labels. value: what the label must be; None: anything. wanted: False: must not."""

    key: str
    value: str | None
    wanted: bool

    def admits(self, labels: Mapping[str, str]) -> bool:
        """A host without the label is none that has it with some value."""
        found = labels.get(self.key)
        return (found is not None if self.value is None else found == self.value) == self.wanted


@noun
class Limit:
    """All terms must hold; without any, every host is meant."""

    terms: tuple[Term, ...] = ()

    def admits(self, labels: Mapping[str, str]) -> bool:
        """Is a host with these labels meant?"""
        return all(term.admits(labels) for term in self.terms)


def parse(text: str) -> Limit:
    """Read ``k=v``, ``k!=v``, ``k`` (has it) and ``!k`` (has it not), joined by commas.

    Raises ValueError with what was found and what would be right.
    """
    return Limit(tuple(_term(part.strip()) for part in text.split(",")))


def _term(text: str) -> Term:
    found = _TERM.fullmatch(text)
    if found is None or (found["not"] and found["operator"]):
        what = repr(text) if text else "an empty condition"
        raise ValueError(f"{what} is no condition on labels; write ring=canary, ring!=canary, ring or !ring")
    if found["operator"] is None:
        return Term(found["key"], None, not found["not"])
    return Term(found["key"], found["value"], found["operator"] == "=")
