"""Reading the errand of a mover or remover back from its command line."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from typing import Any

from reconciler.errand import Errand, Farewell, Way, way_from_json
from reconciler.transports import TRANSPORTS


def from_argv(argv: Sequence[str]) -> Errand:
    """The errand in those arguments. Wrong usage ends the process with a message and 2, as argparse does."""
    return Errand(**_read("mover", "Move one plot to a disk.", Errand, argv))


def farewell_from_argv(argv: Sequence[str]) -> Farewell:
    """The same of a remover."""
    return Farewell(**_read("remover", "Remove one old plot.", Farewell, argv))


def _read(
    name: str, description: str, kind: type[Errand | Farewell], argv: Sequence[str]
) -> Mapping[str, Any]:
    """The value of each field. argparse, which is slow, is asked only for what is not as `to_argv` writes it."""
    words = [word.removeprefix("--").partition("=") for word in argv if word.startswith("--") and "=" in word]
    told = {name: text for name, _, text in words}
    try:
        if len(told) == len(argv) and told.keys() == {field.name for field in fields(kind)}:
            return {name: _CHECKS.get(name, str)(text) for name, text in told.items()}
    except (argparse.ArgumentTypeError, ValueError):
        # It has the words for what is wrong.
        pass
    return vars(_parser(name, description, kind).parse_args(argv))


def _parser(name: str, description: str, kind: type[Errand | Farewell]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(name, description=description, allow_abbrev=False)
    for field in fields(kind):
        parser.add_argument(f"--{field.name}", required=True, type=_CHECKS.get(field.name, str))
    return parser


def _plot_name(text: str) -> str:
    if text in {"", ".", ".."} or "/" in text:
        raise argparse.ArgumentTypeError(f"{text!r} is no file's name; a name without folders would be right")
    return text


def _transport_name(text: str) -> str:
    if text not in TRANSPORTS:
        raise argparse.ArgumentTypeError(f"{text!r} is no transport; {', '.join(TRANSPORTS)} would be right")
    return text


def _way(text: str) -> Way:
    try:
        return way_from_json(text)
    except (ValueError, TypeError) as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no way: {error}") from None


_CHECKS: Mapping[str, Callable[[str], Any]] = {
    "plot": _plot_name, "transport": _transport_name, "way": _way,
    "bytes": int, "modified": float, "k": int, "compression": int,
}  # fmt: skip
"""How each field is read whose value is more than a text."""
