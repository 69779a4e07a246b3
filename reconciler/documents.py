"""The border: observations and plans as JSON, and the published schema of every document.

Inside, the nouns are plain frozen dataclasses; here pydantic validates and describes them. What comes from
outside is held against the published schema, so that every fault is told at its place.

``python -m reconciler.documents`` writes the published schemas anew.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

from reconciler.errors import DocumentError, Problem
from reconciler.observation import Observation
from reconciler.spec.schemas import folder, published
from reconciler.spec.where import Place

if TYPE_CHECKING:
    from pydantic import TypeAdapter

    from reconciler.plan import Plan
    from reconciler.spec import faults, tree

_MAX_PLACES = 4_000_000
"""Characters of the largest document whose faults are told by line and column."""

__all__ = ["NAMES", "observation_from_json", "plan_from_json", "published", "schema", "to_json"]


# --- values --------------------------------------------------------------------------------------


def to_json(value: Observation | Plan) -> str:
    """A document as JSON text, indented. Names that are no UTF-8 survive, as escaped surrogates."""
    return json.dumps(_plain(value), indent=2, allow_nan=False) + "\n"


def _plain(value: object) -> object:
    """Dataclasses and mappings as dicts, tuples as lists; all the nouns hold nothing else."""
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, tuple | list) else value


def observation_from_json(text: str, name: str) -> Observation:
    """Read an Observation. name: what messages call the document. Raises DocumentError with every fault."""
    observation: Observation = _from_json("observation", text, name)
    return observation


def plan_from_json(text: str, name: str) -> Plan:
    """Read a saved Plan. name: what messages call the document. Raises DocumentError with every fault."""
    plan: Plan = _from_json("plan", text, name)
    return plan


def _adapter(kind: str) -> TypeAdapter[Any]:
    from reconciler.spec.judge import adapter

    if kind == "observation":
        return adapter(Observation)
    from reconciler.plan import Plan

    return adapter(Plan)


def _from_json(kind: str, text: str, name: str) -> Any:
    value = _json(text, name)
    noun = as_written(kind, text, value)
    return judged(kind, text, value, name) if noun is None else noun


def as_written(kind: str, text: str, value: tree.Value) -> Any:
    """A document that says all that its noun says, and nothing else, as this tool writes it; None: another.

    value: what the text says. Such a document needs no schema, which takes ten times as long: every key is there and
    known, every value of its very type.
    """
    from reconciler.spec.judge import ValidationError

    adapter = _adapter(kind)
    try:
        noun = adapter.validate_json(text.removeprefix("\ufeff"), strict=True)
    except ValidationError:
        return None
    return noun if adapter.dump_python(noun, mode="json") == value else None


def judged(kind: str, text: str, value: tree.Value, name: str) -> Any:
    """Any document, held against its schema and its models. Raises DocumentError with every fault."""
    from reconciler.spec import faults
    from reconciler.spec.judge import ValidationError

    if found := faults.by_schema(value, published(kind)):
        raise _document_error(found, value, text, name)
    try:
        return _adapter(kind).validate_python(value)
    except ValidationError as error:
        found = faults.by_model(error.errors(include_url=False), _places(value, text, name))
        raise _document_error(found, value, text, name) from None


def _json(text: str, name: str) -> tree.Value:
    """The text's value. Raises DocumentError where it is not JSON."""
    try:
        value: tree.Value = json.loads(text.removeprefix("\ufeff"), parse_constant=_no_number)
    except json.JSONDecodeError as error:
        message = f"cannot be read as JSON: {error.msg[:1].lower()}{error.msg[1:]}"
        raise DocumentError([Problem(name, error.lineno, error.colno, "", message, "syntax")]) from None
    except (ValueError, RecursionError) as error:
        why = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise DocumentError([Problem(name, 0, 0, "", f"cannot be read as JSON: {why}", "syntax")]) from None
    return value


def _no_number(constant: str) -> float:
    raise ValueError(f"{constant} is no JSON number")


def _document_error(found: list[faults.Fault], value: tree.Value, text: str, name: str) -> DocumentError:
    places = _places(value, text, name)
    problems = [fault.at(places) for fault in found]
    return DocumentError(sorted(problems, key=lambda problem: (problem.line, problem.column)))


def _places(value: tree.Value, text: str, name: str) -> tree.Tree:
    """Where each value stands; line 0 throughout for a document too large to look again."""
    from reconciler.spec import tree

    places = tree.read(text, name, _MAX_PLACES)
    if places.whole:
        return places
    paths = {path: Place(name, 0, 0) for path, _ in tree.walk(value)}
    return tree.Tree(name, value, paths, {})


# --- schemas -------------------------------------------------------------------------------------


def _form(kind: type[object]) -> dict[str, Any]:
    """Of a document that people write."""
    from reconciler.spec.form import DocumentForm
    from reconciler.spec.judge import adapter

    return adapter(kind).json_schema(schema_generator=DocumentForm)


def _spec() -> dict[str, Any]:
    from reconciler.spec.models import Spec

    return _form(Spec)


def _overlay() -> dict[str, Any]:
    from reconciler.spec.overlay import overlay

    return overlay(_spec())


def _plotter() -> dict[str, Any]:
    from reconciler.plotters.definition import Definition

    return _form(Definition)


def _source() -> dict[str, Any]:
    from reconciler.sources.setting import Setting

    return _form(Setting)


def _machine() -> dict[str, Any]:
    from reconciler.description.machine import MachineDescription

    return _form(MachineDescription)


def _observation() -> dict[str, Any]:
    return _strict(_adapter("observation").json_schema())


def _plan() -> dict[str, Any]:
    return _strict(_adapter("plan").json_schema())


_SCHEMAS: Mapping[str, Callable[[], dict[str, Any]]] = {
    "machine": _machine,
    "observation": _observation,
    "overlay": _overlay,
    "plan": _plan,
    "plotter": _plotter,
    "source": _source,
    "spec": _spec,
}
NAMES = tuple(_SCHEMAS)


def schema(name: str) -> dict[str, Any]:
    """The schema of that name (one of NAMES), made from its models."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **_SCHEMAS[name]()}


def _strict(described: dict[str, Any]) -> dict[str, Any]:
    """A dataclass's schema, made strict: no unknown keys, and constants (`fact`, `kind`) must be there.

    A choice between objects that one such constant tells apart is described as a tagged union.
    """
    definitions: dict[str, Any] = described.get("$defs", {})
    for part in (described, *definitions.values()):
        if "properties" in part:
            part["additionalProperties"] = False
            constants = [key for key, value in part["properties"].items() if "const" in value]
            part["required"] = list(dict.fromkeys([*part.get("required", ()), *constants]))
    _tag(described, definitions)
    return described


def _tag(node: object, definitions: Mapping[str, Any]) -> None:
    if isinstance(node, list):
        for item in node:
            _tag(item, definitions)
    if not isinstance(node, dict):
        return
    references = [choice.get("$ref", "") for choice in node.get("anyOf", ())]
    targets = [
        definitions.get(reference.rpartition("/")[2], {}).get("properties", {}) for reference in references
    ]
    for tag in ("fact", "kind"):
        if targets and all("const" in target.get(tag, {}) for target in targets):
            node["oneOf"] = node.pop("anyOf")
            mapping = {
                target[tag]["const"]: reference for target, reference in zip(targets, references, strict=True)
            }
            node["discriminator"] = {"propertyName": tag, "mapping": mapping}
            break
    for value in list(node.values()):
        _tag(value, definitions)


def render(name: str) -> str:
    """The text of a published schema as it should be."""
    return json.dumps(schema(name), indent=2, ensure_ascii=False) + "\n"


def main() -> int:
    """Write every published schema of the checkout anew."""
    for name in NAMES:
        (folder() / f"{name}.schema.json").write_text(render(name), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
