"""Plotter definitions from YAML files: the packaged ones, and a user's own.

The one reader of these files. Every fault is told at its line and column, all of them at once.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from reconciler.errors import PlotterError, Problem
from reconciler.plotters import definition
from reconciler.plotters.definition import Definition, Part
from reconciler.spec import tree

PACKAGED = os.path.dirname(os.path.abspath(__file__))
"""The folder of the definitions that come with this package."""

_SHARED = ("temps", "log", "space", "sample", "threads")
"""What a definition that is `like` another takes from it where it has none of its own."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A definition, the file it came from, and where its parts stand there."""

    definition: Definition
    file: str
    document: tree.Tree


def load(folders: Sequence[str] = ()) -> dict[str, Loaded]:
    """All definitions by name, the packaged ones first. PlotterError where any is faulty.

    folders: more folders with `*.yaml` files; one that does not exist holds none. A definition there
    takes the place of an earlier one of its name.
    """
    documents: dict[str, tuple[str, tree.Tree]] = {}
    problems: list[Problem] = []
    for folder in (PACKAGED, *folders):
        for file in _files(folder):
            document = _read(file, problems)
            if document is None:
                continue
            name = document.get(("name",))
            documents[name if isinstance(name, str) else file] = (file, document)
    loaded: dict[str, Loaded] = {}
    for file, document in documents.values():
        found = list(_faults(file, document, documents))
        problems += found
        if not found:
            made = Definition.model_validate(_merged(document, documents))
            loaded[made.name] = Loaded(made, file, document)
    if problems:
        raise PlotterError(problems)
    return loaded


def _files(folder: str) -> list[str]:
    try:
        names = sorted(os.listdir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return []
    return [os.path.join(folder, name) for name in names if name.endswith((".yaml", ".yml"))]


def _read(file: str, problems: list[Problem]) -> tree.Tree | None:
    try:
        with open(file, encoding="utf-8") as stream:
            text = stream.read(tree.MAX_BYTES + 1)
    except (OSError, UnicodeDecodeError) as error:
        problems.append(Problem(file, 0, 0, "", f"cannot be read: {error}", "unreadable"))
        return None
    document = tree.read(text, file)
    problems += document.problems
    return None if document.problems else document


def _merged(document: tree.Tree, documents: dict[str, tuple[str, tree.Tree]]) -> tree.Value:
    """The document's values, with what it takes from the one that it is like."""
    value = document.value
    like = document.get(("like",))
    if not isinstance(value, dict) or not isinstance(like, str) or like not in documents:
        return value
    base = documents[like][1].value
    shared = {key: base[key] for key in _SHARED if key in base} if isinstance(base, dict) else {}
    return {**shared, **value}


def _faults(file: str, document: tree.Tree, documents: dict[str, tuple[str, tree.Tree]]) -> Iterator[Problem]:
    like = document.get(("like",))
    if isinstance(like, str) and (like not in documents or documents[like][1].get(("like",)) is not None):
        near = difflib.get_close_matches(like, documents, n=1)
        right = f"did you mean {near[0]}?" if near else "name one that is like no other itself"
        yield Problem(file, *document.place(("like",)), "like", f"is {like}, which cannot serve; {right}", "like")
        return
    try:
        Definition.model_validate(_merged(document, documents))
    except ValidationError as errors:
        for error in errors.errors(include_url=False):
            yield _problem(file, document, error["type"], tuple(error["loc"]), error["msg"])


def _problem(file: str, document: tree.Tree, kind: str, loc: tree.Path, message: str) -> Problem:
    # A union's member and a validator's name are parts of pydantic's location, yet none of the document's.
    path: tree.Path = ()
    for step in loc:
        if (*path, step) not in document.values:
            break
        path = (*path, step)
    message = message.removeprefix("Value error, ")
    if kind == "extra_forbidden":
        near = difflib.get_close_matches(str(loc[-1]), sorted(_keys()), n=1)
        message = "is not known here; " + (f"did you mean {near[0]}?" if near else "remove it")
        return Problem(file, *document.place(path, key=True), tree.render(path), message, "unknown-key")
    if kind == "missing":
        return Problem(file, *document.place(path), tree.render(loc), "is missing", "missing-key")
    if kind == "string_type":
        message = "must be text; put it in quotes"
    return Problem(file, *document.place(path), tree.render(path), message, kind.replace("_", "-"))


def _keys() -> set[str]:
    models = [thing for thing in vars(definition).values() if isinstance(thing, type) and issubclass(thing, Part)]
    return {field for model in models for field in model.model_fields}
