"""Vars: ``${var.NAME}`` in the scalars of a document that is made of layers.

Strict: a var that no layer gives is a fault. A scalar that is one reference and nothing else takes the var's own
type; within a text a var is written as YAML writes it. ``$${var.`` stands for ``${var.`` itself. All other texts
with a dollar sign stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from reconciler.errors import Problem
from reconciler.spec.hints import listed, nearest
from reconciler.spec.node import Node, Scalar
from reconciler.spec.quoting import show
from reconciler.spec.tree import MAX_PROBLEMS, Path, render

MAX_FILLED = 1_000_000
"""Characters that all texts with references have together at the most, once these are filled in."""
MAX_CHAIN = 20
"""Vars that need one another in a row at the most."""

_MARK = "${var."
_REFERENCE = re.compile(r"(\$?)\$\{var\.([^}]*)(\}?)")


class _AlreadyTold(Exception):
    """The fault is told elsewhere (at the var's own value, at the first text that was too much), or enough are told."""


class Variables:
    """The vars of a document: the nearest layer's value of each. They may refer to one another."""

    def __init__(self, given: Mapping[str, Node], told: list[Problem]) -> None:
        """told: takes every fault, of these values and of all that are filled in later."""
        self._given = given
        self._told = told
        self._values: dict[str, Scalar] = {}
        self._faulty: set[str] = set()
        self._room = MAX_FILLED
        for name in given:
            self._settle(name, ())

    def fill(self, node: Node, path: Path = ()) -> Node:
        """The node with every reference in it filled in; the same one where there is none."""
        value = node.value
        if isinstance(value, str):
            return self._fill(node, value, path) if _MARK in value else node
        if isinstance(value, dict):
            filled = {key: self.fill(child, (*path, key)) for key, child in value.items()}
            same = all(filled[key] is child for key, child in value.items())
            return node if same else replace(node, value=filled)
        if isinstance(value, list):
            items = [self.fill(child, (*path, index)) for index, child in enumerate(value)]
            same = all(new is old for new, old in zip(items, value, strict=True))
            return node if same else replace(node, value=items)
        return node

    def _fill(self, node: Node, text: str, path: Path, chain: tuple[str, ...] = ()) -> Node:
        try:
            return replace(node, value=self._filled(text, chain))
        except ValueError as error:
            self._told.append(Problem(*node.place, render(path), str(error), "variable"))
        except _AlreadyTold:
            pass
        return replace(node, broken=True)

    def _filled(self, text: str, chain: tuple[str, ...]) -> Scalar:
        """Raises ValueError with a plain sentence, and _AlreadyTold."""
        whole = _REFERENCE.fullmatch(text)
        if whole and not whole[1]:
            value = self._value(whole, chain)
            self._take(len(value) if isinstance(value, str) else 0)
            return value
        pieces: list[str] = []
        end = 0
        for match in _REFERENCE.finditer(text):
            filled = match[0][1:] if match[1] else _written(self._value(match, chain))
            pieces += (text[end : match.start()], filled)
            end = match.end()
            self._take(len(filled))
        self._take(len(text))
        return "".join((*pieces, text[end:]))

    def _take(self, characters: int) -> None:
        if self._room < 0:
            raise _AlreadyTold
        self._room -= characters
        if self._room < 0:
            raise ValueError(
                f"is too much: filled in, all texts together have over {MAX_FILLED:,} characters"
            )

    def _value(self, match: re.Match[str], chain: tuple[str, ...]) -> Scalar:
        name = match[2]
        if not match[3]:
            raise ValueError(
                f"holds {show(match[0])} without its }}; close it, or write $${{var. for the text itself"
            )
        if name not in self._given:
            if len(self._told) >= MAX_PROBLEMS:
                raise _AlreadyTold
            near = nearest(name, self._given)
            hint = f"did you mean {near}?" if near else f"vars holds {listed(self._given)}; add it there"
            raise ValueError(f"{show(name)} is no var of this document or of those that it extends; {hint}")
        if name in chain:
            circle = " -> ".join((*chain[chain.index(name) :], name))
            raise ValueError(f"needs itself: {circle}; write one of them out")
        if len(chain) > MAX_CHAIN:
            raise ValueError(f"is needed by {len(chain)} vars, each by the next; write some of them out")
        self._settle(name, chain)
        if name in self._faulty:
            raise _AlreadyTold
        return self._values[name]

    def _settle(self, name: str, chain: tuple[str, ...]) -> None:
        """Find a var's value, once."""
        if name in self._values or name in self._faulty:
            return
        node = self._given[name]
        assert not isinstance(node.value, dict | list)
        if isinstance(node.value, str) and _MARK in node.value:
            node = self._fill(node, node.value, ("vars", name), (*chain, name))
        if node.broken:
            self._faulty.add(name)
        elif not isinstance(node.value, dict | list):
            self._values[name] = node.value


def _written(value: Scalar) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
