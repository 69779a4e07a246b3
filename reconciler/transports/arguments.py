"""Reading a mover's errand back from its command line."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import fields

from reconciler.errand import Errand
from reconciler.transports import TRANSPORTS


def from_argv(argv: Sequence[str]) -> Errand:
    """The errand in those arguments. Wrong usage ends the process with a message and 2, as argparse does."""
    parser = argparse.ArgumentParser("mover", description="Move one plot to a disk.", allow_abbrev=False)
    checks = {"plot": _plot_name, "transport": _transport_name}
    for field in fields(Errand):
        parser.add_argument(f"--{field.name}", required=True, type=checks.get(field.name, str))
    return Errand(**vars(parser.parse_args(argv)))


def _plot_name(text: str) -> str:
    if text in {"", ".", ".."} or "/" in text:
        raise argparse.ArgumentTypeError(f"{text!r} is no file's name; a name without folders would be right")
    return text


def _transport_name(text: str) -> str:
    if text not in TRANSPORTS:
        raise argparse.ArgumentTypeError(f"{text!r} is no transport; {', '.join(TRANSPORTS)} would be right")
    return text
