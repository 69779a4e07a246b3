"""Reading the errand of a mover or remover back from its command line."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import fields
from functools import cache
from typing import Any

from reconciler.errand import Errand, Farewell, Way, way_from_json
from reconciler.transports import TRANSPORTS


def from_argv(argv: Sequence[str]) -> Errand:
    """The errand in those arguments. Wrong usage ends the process with a message and 2, as argparse does."""
    return Errand(**vars(_parser("mover", "Move one plot to a disk.", Errand).parse_args(argv)))


def farewell_from_argv(argv: Sequence[str]) -> Farewell:
    """The same of a remover."""
    return Farewell(**vars(_parser("remover", "Remove one old plot.", Farewell).parse_args(argv)))


@cache
def _parser(name: str, description: str, kind: type[Errand | Farewell]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(name, description=description, allow_abbrev=False)
    checks: dict[str, Callable[[str], Any]] = {
        "plot": _plot_name, "transport": _transport_name, "way": _way,
        "bytes": int, "modified": float, "k": int, "compression": int,
    }  # fmt: skip
    for field in fields(kind):
        parser.add_argument(f"--{field.name}", required=True, type=checks.get(field.name, str))
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
