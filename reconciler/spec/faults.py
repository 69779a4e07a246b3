"""What a schema or a model objects to, as plain sentences: one for each fault.

The validators say what a machine tripped over; here each kind of objection is said again as what was found
and what would be right. Used for every document that comes from outside.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from reconciler.errors import Problem
from reconciler.noun import noun
from reconciler.spec import units
from reconciler.spec.hints import nearest
from reconciler.spec.quoting import show
from reconciler.spec.sentences import Schema, choices_of, mismatch, resolve, shown
from reconciler.spec.tree import Path, Tree, render

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError
    from pydantic_core import ErrorDetails


@noun
class Fault:
    """One objection.

    path: to what; key: the key itself is meant, not its value.
    echo: a validator's own, so that it may repeat what was said
        of a part of the value.
    """

    path: Path
    message: str
    rule: str
    key: bool = False
    warning: bool = False
    echo: bool = False

    def at(self, tree: Tree) -> Problem:
        """The fault with its place in the document."""
        place = tree.place(self.path, key=self.key)
        return Problem(*place, render(self.path), self.message, self.rule, self.warning)


def by_schema(value: object, schema: Schema) -> list[Fault]:
    """All that a JSON Schema objects to, one fault a place."""
    from jsonschema.validators import Draft202012Validator

    faults: dict[tuple[Path, bool], Fault] = {}
    for error in Draft202012Validator(schema).iter_errors(value):
        for fault in _explain(error, schema):
            faults.setdefault((fault.path, fault.key), fault)
    return list(faults.values())


def by_model(errors: Iterable[ErrorDetails], tree: Tree) -> list[Fault]:
    """All that pydantic objects to, one fault a place; what this tool's own checks say goes first."""
    faults: dict[Path, Fault] = {}
    for error in sorted(errors, key=lambda error: error["type"] != "value_error"):
        if error["type"] == "default_factory_not_called":
            continue  # for what is wrong beside it, which is told
        path = _path_in(tree, error["loc"])
        found = tree.get(path)
        context = error.get("ctx", {})
        limit = next((context[kind] for kind in ("ge", "gt") if kind in context), None)
        if error["loc"][-1:] == ("[key]",):
            message = "is no name that fits here; write one of letters, digits and the like, without blanks"
            faults[path] = Fault(path, message, "name", key=True)
            continue
        if error["type"] == "value_error":
            message = str(context["error"])
        elif limit is not None:
            more = "more than" if "gt" in context else "at least"
            message = f"{show(found)} is too small; write {more} {_like(found, limit)}"
        else:
            message = f"{shown(path, found)} does not fit here"
        faults.setdefault(path, Fault(path, message, "value", echo=error["type"] != "value_error"))
    return list(faults.values())


def new(found: Iterable[Fault], told: Iterable[Path]) -> list[Fault]:
    """Those that say something new: nothing of a value that is told of already, or of a part of it."""
    values = set(told)
    holders = {path[:length] for path in values for length in range(len(path) + 1)}
    return [
        fault
        for fault in found
        if not (fault.echo and fault.path in holders)
        and values.isdisjoint(fault.path[:length] for length in range(len(fault.path) + 1))
    ]


def _path_in(tree: Tree, location: tuple[int | str, ...]) -> Path:
    """A model's location as far as the document has it, without the steps that only name a type."""
    path: Path = ()
    for step in location:
        if (*path, step) in tree.values:
            path = (*path, step)
    return path


def _like(found: object, limit: float) -> str:
    """A limit, written like what was found: a duration, a size or a number."""
    for parse, write in ((units.parse_duration, units.write_duration), (units.parse_size, units.write_size)):
        try:
            parse(found)
        except ValueError:
            continue
        return str(write(int(limit)))
    return str(limit)


# --- JSON Schema ---------------------------------------------------------------------------------


def _explain(error: ValidationError, root: Schema) -> Iterator[Fault]:
    path: Path = tuple(error.absolute_path)
    schema: Schema = error.schema if isinstance(error.schema, Mapping) else {}
    if error.validator == "additionalProperties" and isinstance(error.instance, dict):
        for key in error.instance:
            if key not in schema.get("properties", {}):
                yield Fault((*path, key), _unknown(key, schema), "unknown-key", key=True)
    elif error.validator == "required" and isinstance(error.instance, dict):
        misspelt = {_meant(key, schema) for key in error.instance}
        for key in schema["required"]:
            if key not in error.instance and key not in misspelt:
                described = resolve(schema.get("properties", {}).get(key, {}), root).get("description", "")
                yield Fault((*path, key), f"is missing. {described}".strip(), "missing-key")
    elif error.validator in ("anyOf", "oneOf"):
        yield from _explain_choice(error, schema, path, root)
    elif error.validator == "minItems":
        yield Fault(path, "is empty; write at least one", "value")
    else:
        yield Fault(path, *mismatch(path, error.instance, schema, root, needed=_needed(error, root)))


def _needed(error: ValidationError, root: Schema) -> bool:
    """Is what this is about a key that may not be left out?"""
    schema: Any = root
    holder: Schema = {}
    for step in error.absolute_schema_path:
        if step != "$ref":
            here: Any = resolve(schema, root) if isinstance(schema, Mapping) else schema
            holder = here if step == "properties" else holder
            schema = here[step]
    return bool(error.absolute_path) and error.absolute_path[-1] in holder.get("required", ())


_KINDS: Mapping[type, str] = {dict: "object", list: "array"}


def _explain_choice(error: ValidationError, schema: Schema, path: Path, root: Schema) -> Iterator[Fault]:
    """A list or mapping is measured by the choice of its own kind; a single value by all of them."""
    kind = _KINDS.get(error.instance.__class__)
    branches: dict[int, list[ValidationError]] = {}
    for inner in error.context or ():
        branches.setdefault(int(inner.relative_schema_path[0]), []).append(inner)
    offered = schema[str(error.validator)]
    fitting = [
        inner
        for index, inner in branches.items()
        if kind and any(choice.get("type") == kind for choice in choices_of(offered[index], root))
    ]
    if not fitting:
        yield Fault(path, *mismatch(path, error.instance, schema, root, needed=_needed(error, root)))
        return
    # Of several mappings the one is meant whose constant keys (such as `fact: known`) fit best.
    best = min(fitting, key=lambda inner: (sum(_tells_apart(one) for one in inner), len(inner)))
    unsure = [inner for inner in best if _tells_apart(inner)]
    for inner in unsure:
        known = [one.schema for branch in fitting for one in branch if one.path == inner.path]
        yield Fault(
            tuple(inner.absolute_path),
            *mismatch(path, inner.instance, {"anyOf": known}, root, needed=_needed(inner, root)),
        )
    for inner in () if unsure else best:
        yield from _explain(inner, root)


def _tells_apart(error: ValidationError) -> bool:
    return error.validator == "const" and len(error.relative_path) == 1


def _meant(key: str, schema: Schema) -> str | None:
    """The known key that an unknown one was probably meant to be."""
    known = schema.get("properties", {})
    if key in known:
        return None
    return nearest(key.casefold(), known)


def _unknown(key: str, schema: Schema) -> str:
    meant = _meant(key, schema)
    if meant:
        return f"is not a key here; did you mean {meant}?"
    known = ", ".join(schema.get("properties", {}))
    return f"is not a key here; the keys are {known}" if known else "is not a key here; there are none"
