"""From YAML text to a Spec, with every fault named at its place, and back."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace

from reconciler.errors import Problem, SpecError
from reconciler.spec import faults, schemas, tree
from reconciler.spec.checks import contradictions
from reconciler.spec.compose import compose
from reconciler.spec.files import DISK, MAX_BYTES, Files, Texts, read_text
from reconciler.spec.judge import ValidationError, judged
from reconciler.spec.layers import Layer, layer_of, layered, stack
from reconciler.spec.loaded import Loaded
from reconciler.spec.models import Spec
from reconciler.spec.tree import Path, Tree, render
from reconciler.spec.writing import dump, write

__all__ = ["Library", "dump", "load", "parse", "read_text"]


class Library:
    """Reads specs, and each file once, however many specs it is a part of."""

    def __init__(self, files: Files = DISK, *, home: str | None = None) -> None:
        """home: what a leading ~ stands for, of the log directory, of ssh's files and of secrets."""
        self._files = files
        self._home = home
        self._documents: dict[str, tuple[str, Tree]] = {}
        self._layers: dict[str, Layer] = {}

    def load(self, path: str) -> Loaded:
        """Read a spec. Raises SpecError with every fault found, also where a file cannot be read."""
        text, document = self._document(path)
        if not layered(document.value):
            return _loaded(text, document, (path,), self._home)
        layers = stack(path, self._layer, self._files)
        document = compose(layers)
        files = tuple(layer.name for layer in reversed(layers.layers))
        text = write(document.value) if document.whole else ""
        if len(text) > MAX_BYTES:
            size = f"has {len(text):,} characters with all that it extends; at most {MAX_BYTES:,} are read"
            raise SpecError([*document.problems, Problem(path, 1, 1, "", size, "too-big")])
        return _loaded(text, document, files, self._home)

    def _document(self, path: str) -> tuple[str, Tree]:
        if path not in self._documents:
            text = self._files.read(path)
            self._documents[path] = text, tree.read(text, path)
        return self._documents[path]

    def _layer(self, path: str) -> Layer:
        if path not in self._layers:
            text, document = self._document(path)
            self._layers[path] = layer_of(document, len(text))
        return self._layers[path]


def load(path: str, *, home: str | None = None, files: Files = DISK) -> Loaded:
    """Read one spec, as a Library does. Raises SpecError with every fault found."""
    return Library(files, home=home).load(path)


def parse(text: str, name: str, *, home: str | None = None) -> Loaded:
    """Read a spec from its text, beside which there is no file. name: what messages call it. Raises SpecError."""
    return load(name, home=home, files=Texts({name: text}))


def _loaded(text: str, document: Tree, files: tuple[str, ...], home: str | None) -> Loaded:
    """The spec that a document says. Raises SpecError."""
    document = _with_home(document, home)
    problems = list(document.problems)
    spec = None
    if document.whole and document.value is None and not problems:
        message = "is empty; a spec begins with version: 3"
        problems.append(Problem(document.name, 1, 1, "", message, "empty"))
    elif document.whole:
        spec, found = _judge(document)
        problems += [fault.at(document) for fault in found]
    order = {file: number for number, file in enumerate(files)}
    problems.sort(key=lambda problem: (order.get(problem.file, 0), problem.line, problem.column))
    if spec is None or not all(problem.warning for problem in problems):
        raise SpecError([problem for problem in problems if not problem.warning])
    digest = "sha256:" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    origins = {render(path): place for path, place in document.values.items() if path}
    return Loaded(spec, digest, document.name, text, tuple(problems), origins, files)


def _judge(document: Tree) -> tuple[Spec | None, list[faults.Fault]]:
    """The spec, where the models take it, and all faults, each said once by whoever says it first."""
    if _old(document.value):
        message = "is of an older plotman; convert the file with `plotman config migrate`"
        path: Path = ("version",) if ("version",) in document.keys else ()
        return None, [faults.Fault(path, message, "old-version")]
    told = faults.by_schema(document.value, schemas.published("spec"))
    unknown = "begins with ~, and no home directory is known; write it in full"
    told += [faults.Fault(path, unknown, "path") for path in _home_paths(document)]
    spec = None
    try:
        spec = judged(Spec, document.value)
    except ValidationError as error:
        told += faults.new(faults.by_model(error.errors(include_url=False), document), _paths(told))
    told += faults.new(contradictions(document), _paths(told))
    return spec, faults.new(told, document.broken)


def _paths(told: Iterable[faults.Fault]) -> list[Path]:
    return [fault.path for fault in told]


def _old(value: tree.Value) -> bool:
    """Whether this is a plotman.yaml of versions 0 to 2; version 0 does not name itself."""
    if not isinstance(value, dict):
        return False
    if "version" in value:
        version = value["version"]
        return (version[:1] if isinstance(version, list) else [version]) in ([0], [1], [2])
    scheduling = value.get("scheduling")
    return isinstance(scheduling, dict) and "global_max_jobs" in scheduling


def _home_paths(document: Tree) -> list[Path]:
    """Where the document gives a path that begins with ~ and may."""
    logs: Path = ("directories", "logs")
    places = [(*logs, "path") if isinstance(document.get(logs), dict) else logs]
    farmers = document.get(("archive",))
    for number in range(len(farmers)) if isinstance(farmers, list) else ():
        places += [("archive", number, key) for key in ("identity", "known_hosts", "ssh_config")]
        places.append(("archive", number, "transport", "password_file"))
    targets = document.get(("notify", "targets"))
    for number in range(len(targets)) if isinstance(targets, list) else ():
        places.append(("notify", "targets", number, "file"))
    texts = ((place, document.get(place)) for place in places)
    return [place for place, text in texts if isinstance(text, str) and (text == "~" or text[:2] == "~/")]


def _with_home(document: Tree, home: str | None) -> Tree:
    """The document with each ~ replaced."""
    value = document.value
    for path in _home_paths(document) if home is not None else ():
        value = _put(value, path, f"{home}{str(document.get(path))[1:]}")
    return document if value is document.value else replace(document, value=value)


def _put(value: tree.Value, path: Path, new: str) -> tree.Value:
    """The value with another text at a path that it has; what it is made of may belong to others, and stays."""
    if not path:
        return new
    step, rest = path[0], path[1:]
    if isinstance(value, dict) and isinstance(step, str):
        return {**value, step: _put(value[step], rest, new)}
    assert isinstance(value, list)
    return [_put(child, rest, new) if index == step else child for index, child in enumerate(value)]
