"""From YAML text to a Spec, with every fault named at its place, and back."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pydantic import ValidationError

from reconciler.errors import Problem, SpecError
from reconciler.spec import faults, schemas, tree
from reconciler.spec.checks import contradictions
from reconciler.spec.models import Spec
from reconciler.spec.tree import Path, Place, Tree, render
from reconciler.spec.writing import dump

__all__ = ["Loaded", "dump", "load", "parse", "read_text"]


@dataclass(frozen=True, slots=True)
class Loaded:
    """A spec and what it was read from.

    digest: "sha256:" and the hexadecimal hash of the text.
    name: the document as the user named it.
    warnings: what is worth saying of it.
    origins: line and column of each value that the text gives, by key path (``directories.tmp[1].floor``).
    """

    spec: Spec
    digest: str
    name: str
    text: str
    warnings: tuple[Problem, ...]
    origins: Mapping[str, Place]


def load(path: str, *, home: str | None = None) -> Loaded:
    """Read a spec from a file. home: what a leading ~ stands for, of the log directory and of ssh's files.

    Raises SpecError with every fault found, also where the file cannot be read.
    """
    return parse(read_text(path), path, home=home)


def read_text(path: str) -> str:
    """A document's text. Raises SpecError where it is missing, unreadable, huge, or not UTF-8."""
    try:
        with open(path, "rb") as file:
            data = file.read(tree.MAX_BYTES + 1)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise SpecError([Problem(path, 0, 0, "", f"cannot be read: {reason}", "unreadable")]) from None
    if len(data) > tree.MAX_BYTES:
        size = f"has more than {tree.MAX_BYTES:,} bytes; no document does"
        raise SpecError([Problem(path, 0, 0, "", size, "too-big")])
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line, column = before.count(b"\n") + 1, error.start - before.rfind(b"\n")
        what = f"is not UTF-8 text: byte 0x{data[error.start]:02x}"
        raise SpecError([Problem(path, line, column, "", what, "not-text")]) from None


def parse(text: str, name: str, *, home: str | None = None) -> Loaded:
    """Read a spec from its text. name: what messages call it. Raises SpecError with every fault found."""
    document = _with_home(tree.read(text, name), home)
    problems = list(document.problems)
    spec = None
    if document.whole and document.value is None and not problems:
        problems.append(Problem(name, 1, 1, "", "is empty; a spec begins with version: 3", "empty"))
    elif document.whole:
        spec, found = _judge(document)
        problems += [fault.at(document, name) for fault in found]
    problems.sort(key=lambda problem: (problem.line, problem.column))
    if spec is None or not all(problem.warning for problem in problems):
        raise SpecError([problem for problem in problems if not problem.warning])
    digest = "sha256:" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    origins = {render(path): place for path, place in document.values.items() if path}
    return Loaded(spec, digest, name, text, tuple(problems), origins)


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
        spec = Spec.model_validate(document.value)
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
    if home is None:
        return document
    for *parents, key in _home_paths(document):
        holder = document.get(tuple(parents))
        if isinstance(holder, dict):
            holder[str(key)] = home + str(holder[str(key)])[1:]
    return document
