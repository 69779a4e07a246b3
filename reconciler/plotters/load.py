"""Plotter definitions from YAML files: the packaged ones, and a user's own.

The one reader of these files. Every fault is told at its line and column, all of them at once.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TypeAlias

from reconciler.errors import PlotterError, Problem, SpecError
from reconciler.noun import noun
from reconciler.plotters.definition import Definition
from reconciler.plotters.files import PACKAGED, files
from reconciler.spec import faults, schemas, tree
from reconciler.spec.files import DISK, Files
from reconciler.spec.hints import nearest
from reconciler.spec.judge import ValidationError, judged

Documents: TypeAlias = dict[str, tuple[str, tree.Tree]]
"""Each document by the name that it gives itself, with its file."""

_SHARED = (
    "family",
    "mode",
    "kinds",
    "threads",
    "compression",
    "own_folder",
    "temps",
    "log",
    "space",
    "sample",
)
"""What a definition that is `like` another takes from it where it has none of its own."""


@noun
class Loaded:
    """A definition, the file it came from, and where its parts stand there. packaged: it came with this tool."""

    definition: Definition
    file: str
    document: tree.Tree
    packaged: bool


def load(folders: Sequence[str] = (), texts: Files = DISK) -> dict[str, Loaded]:
    """All definitions by name, the packaged ones first. PlotterError where any is faulty.

    folders: more folders with `*.yaml` files; one that does not exist holds none. A definition there
    takes the place of an earlier one of its name. Regular expressions of the packaged ones are taken to be
    sound. texts: what their files are read from.
    """
    documents: Documents = {}
    problems: list[Problem] = []
    for file in files(folders):
        document = _read(file, texts, problems)
        if document is None:
            continue
        name = document.get(("name",))
        documents[name if isinstance(name, str) else file] = (file, document)
    loaded: dict[str, Loaded] = {}
    for file, document in documents.values():
        packaged = os.path.dirname(file) == PACKAGED
        made, found = _made(document, documents, sound=packaged)
        problems += [fault.at(document) for fault in found]
        if made is not None:
            loaded[made.name] = Loaded(made, file, document, packaged)
    if problems:
        raise PlotterError(problems)
    return loaded


def _read(file: str, texts: Files, problems: list[Problem]) -> tree.Tree | None:
    try:
        document = tree.read(texts.read(file), file)
    except SpecError as error:
        problems += error.problems
        return None
    problems += document.problems
    return None if document.problems else document


def _line(document: tree.Tree, documents: Documents) -> list[tree.Tree] | faults.Fault:
    """The document, the one that it is like, the one that this is like, and so on; a fault where that ends nowhere."""
    line = [document]
    while (like := line[-1].get(("like",))) is not None:
        name = str(like)
        if name not in documents or any(each.get(("name",)) == name for each in line):
            near = nearest(name, documents.keys() - {document.get(("name",))})
            right = f"did you mean {near}?" if near else "name another definition, or none"
            return faults.Fault(("like",), f"{name} cannot serve here; {right}", "like")
        line.append(documents[name][1])
    return line


def _merged(line: list[tree.Tree]) -> tree.Value:
    """The first one's values, with what it takes from the next ones."""
    shared: dict[str, tree.Value] = {}
    for document in reversed(line[1:]):
        if isinstance(document.value, dict):
            shared |= {key: document.value[key] for key in _SHARED if key in document.value}
    value = line[0].value
    return {**shared, **value} if isinstance(value, dict) else value


def _made(
    document: tree.Tree, documents: Documents, *, sound: bool
) -> tuple[Definition | None, list[faults.Fault]]:
    """The definition, or all that is wrong with it."""
    line = _line(document, documents)
    if isinstance(line, faults.Fault):
        return None, [line]
    value = _merged(line)
    try:
        return judged(Definition, value, {"sound": sound}), []
    except ValidationError as error:
        # The schema says it better, and takes long to load: it is asked only once something is wrong.
        told = faults.by_schema(value, schemas.published("plotter"))
        more = faults.by_model(error.errors(include_url=False), document)
        return None, told + faults.new(more, (fault.path for fault in told))
