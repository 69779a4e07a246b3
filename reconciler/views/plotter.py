"""Plotter definitions: all of them in short, one in full, and what one reads from an argv."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields

from reconciler.plotters import Arguments, Plotter
from reconciler.spec.judge import plain
from reconciler.spec.tree import Value
from reconciler.views import words
from reconciler.views.symbols import Symbols
from reconciler.views.table import table


def text(plotters: Iterable[Plotter], symbols: Symbols, width: int | None) -> str:
    """A table: what a spec calls each, what is run, and what it is."""
    rows = [
        tuple(map(words.clean, (each.name, _runs(each), each.definition.about))) for each in _sorted(plotters)
    ]
    return "\n".join(table(rows, ("plotter", "runs", "is"), width=width, cut=symbols.cut)) + "\n"


def to_json(plotters: Iterable[Plotter]) -> str:
    """A list of them as a JSON document, by name."""
    documents = [
        {
            "name": each.name,
            "about": each.definition.about,
            "family": each.family,
            "mode": each.mode,
            "executable": each.definition.command.executable,
            "module": each.definition.command.module,
            "programs": list(each.definition.command.programs),
            "words": list(each.definition.command.words),
            "phases": [str(phase) for phase in each.phases],
        }
        for each in _sorted(plotters)
    ]
    return json.dumps(documents, indent=2) + "\n"


def document(plotter: Plotter) -> Mapping[str, Value]:
    """The definition in effect, as a document that could stand in its place; defaults are left out."""
    written: dict[str, Value] = plain(plotter.definition, defaults=False)
    # What was taken from the one that it is like stands written out here.
    written.pop("like", None)
    return written


def argv(read: Arguments) -> str:
    """What a command line says, a line a fact."""
    return "\n".join(table(_facts(read))) + "\n"


def _facts(read: Arguments) -> Iterator[tuple[str, str]]:
    for field in fields(Arguments):
        value = getattr(read, field.name)
        if field.name == "options":
            yield from ((f"option {name}", _shown(option)) for name, option in value.items())
        elif field.name == "extras":
            yield "extras", _shown(value) + (" (not known to this definition)" if value else "")
        else:
            yield field.name, _shown(value)


def _shown(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple | list):
        return words.clean(" ".join(map(str, value))) or "-"
    return words.clean(str(value))


def _runs(plotter: Plotter) -> str:
    command = plotter.definition.command
    module = ("-m", command.module) if command.module else ()
    return " ".join((command.executable, *module, *command.words))


def _sorted(plotters: Iterable[Plotter]) -> list[Plotter]:
    return sorted(plotters, key=lambda each: each.name)
