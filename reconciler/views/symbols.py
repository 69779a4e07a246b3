"""The marks of each kind of line, with plain twins for terminals that know no others, and their colours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from reconciler.noun import noun

_COLOURS = {
    "spawn": 32, "suspend": 33, "resume": 32, "archive": 36, "kill": 31, "retire": 31, "clean": 31, "hold": 2, "!": 33,
}  # fmt: skip
"""SGR codes: green, yellow, cyan, red, faint."""


@noun
class Symbols:
    """What stands for what.

    marks: by kind of action, "hold", and "!" for a condition; one column wide each.
    cut: where something is left out; dot: between parts of a headline; here: at the binding verdict.
    bar: what is done and what is left of a progress bar.
    colour: marks are coloured.
    """

    marks: Mapping[str, str]
    cut: str
    dot: str
    here: str
    bar: tuple[str, str]
    colour: bool = False

    def mark(self, kind: str) -> str:
        """The mark of that kind, coloured where that is wanted."""
        mark = self.marks[kind]
        return f"\x1b[{_COLOURS[kind]}m{mark}\x1b[0m" if self.colour else mark

    def coloured(self) -> Symbols:
        """The same with coloured marks."""
        return replace(self, colour=True)


UNICODE = Symbols(
    marks={
        "spawn": "+", "suspend": "‖", "resume": "▶", "archive": "→", "kill": "-", "retire": "-", "clean": "-",
        "hold": "·", "!": "!",
    },
    cut="…",
    dot="·",
    here="◀",
    bar=("█", "░"),
)  # fmt: skip

ASCII = Symbols(
    marks={
        "spawn": "+", "suspend": "=", "resume": "*", "archive": ">", "kill": "-", "retire": "-", "clean": "-",
        "hold": ".", "!": "!",
    },
    cut="...",
    dot="-",
    here="<",
    bar=("#", "."),
)  # fmt: skip
