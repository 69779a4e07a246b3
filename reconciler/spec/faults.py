"""What a schema or a model objects to, as plain sentences: one for each fault.

The validators say what a machine tripped over; here each kind of objection is said again as what was found
and what would be right. Used for every document that comes from outside.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reconciler.errors import Problem
from reconciler.spec import units
from reconciler.spec.quoting import show
from reconciler.spec.tree import Path, Tree, render, scalar
from reconciler.spec.week import parse_window

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError
    from pydantic_core import ErrorDetails

Schema = Mapping[str, Any]

_PARSERS: Mapping[str, Callable[[object], object]] = {
    "size": units.parse_size,
    "duration": units.parse_duration,
    "phase": units.parse_milestone,
    "window": parse_window,
    "path": units.parse_path,
}
_SECRETS = frozenset({"keys"})


@dataclass(frozen=True, slots=True)
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

    def at(self, tree: Tree, name: str) -> Problem:
        """The fault with its place in the document."""
        line, column = tree.place(self.path, key=self.key)
        return Problem(name, line, column, render(self.path), self.message, self.rule, self.warning)


def by_schema(value: object, schema: Schema) -> list[Fault]:
    """All that a JSON Schema objects to, one fault a place."""
    from jsonschema.validators import Draft202012Validator

    faults: dict[tuple[Path, bool], Fault] = {}
    for error in Draft202012Validator(schema).iter_errors(value):
        for fault in _explain(error, schema):
            faults.setdefault((fault.path, fault.key), fault)
    return list(faults.values())


def by_model(errors: Iterable[ErrorDetails], tree: Tree) -> list[Fault]:
    """All that a pydantic model objects to, one fault a place; what the model itself says goes first."""
    faults: dict[Path, Fault] = {}
    for error in sorted(errors, key=lambda error: error["type"] != "value_error"):
        path = _path_in(tree, error["loc"])
        found = tree.get(path)
        context = error.get("ctx", {})
        limit = next((context[kind] for kind in ("ge", "gt") if kind in context), None)
        if error["type"] == "value_error":
            message = str(context["error"])
        elif limit is not None:
            more = "more than" if "gt" in context else "at least"
            message = f"{show(found)} is too small; write {more} {_like(found, limit)}"
        else:
            message = f"{_shown(path, found)} does not fit here"
        faults.setdefault(path, Fault(path, message, "value", echo=error["type"] != "value_error"))
    return list(faults.values())


def new(found: Iterable[Fault], told: Sequence[Fault]) -> list[Fault]:
    """Those that say something new: nothing that is told already of the same value, or of what holds it."""
    return [
        fault
        for fault in found
        if not any(
            below(fault.path, one.path) or (fault.echo and below(one.path, fault.path)) for one in told
        )
    ]


def below(path: Path, other: Path) -> bool:
    """Whether the first path is the second one, or leads to a part of its value."""
    return path[: len(other)] == other


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
                described = _resolve(schema.get("properties", {}).get(key, {}), root).get("description", "")
                yield Fault((*path, key), f"is missing. {described}".strip(), "missing-key")
    elif error.validator in ("anyOf", "oneOf"):
        yield from _explain_choice(error, schema, path, root)
    elif error.validator == "minItems":
        yield Fault(path, "is empty; write at least one", "value")
    else:
        yield _mismatch(path, error.instance, schema, root)


_KINDS: Mapping[type, str] = {dict: "object", list: "array"}


def _explain_choice(error: ValidationError, schema: Schema, path: Path, root: Schema) -> Iterator[Fault]:
    """A list or mapping is measured by the choice of its own kind; a single value by all of them."""
    kind = _KINDS.get(error.instance.__class__)
    branches: dict[int, list[ValidationError]] = {}
    for inner in error.context or ():
        branches.setdefault(int(inner.relative_schema_path[0]), []).append(inner)
    choices = schema[str(error.validator)]
    fitting = [
        inner
        for index, inner in branches.items()
        if kind and any(choice.get("type") == kind for choice in _choices(choices[index], root))
    ]
    if not fitting:
        yield _mismatch(path, error.instance, schema, root)
        return
    # Of several mappings the one is meant whose constant keys (such as `fact: known`) fit best.
    best = min(fitting, key=lambda inner: (sum(_tells_apart(one) for one in inner), len(inner)))
    for inner_error in best:
        yield from _explain(inner_error, root)


def _tells_apart(error: ValidationError) -> bool:
    return error.validator in ("const", "enum") and len(error.relative_path) == 1


def _meant(key: str, schema: Schema) -> str | None:
    """The known key that an unknown one was probably meant to be."""
    known = schema.get("properties", {})
    if key in known:
        return None
    return next(iter(difflib.get_close_matches(key.casefold(), known, n=1, cutoff=0.6)), None)


def _unknown(key: str, schema: Schema) -> str:
    meant = _meant(key, schema)
    if meant:
        return f"is not a key here; did you mean {meant}?"
    known = ", ".join(schema.get("properties", {}))
    return f"is not a key here; the keys are {known}" if known else "is not a key here; there are none"


def _resolve(schema: Any, root: Schema) -> Schema:
    """The schema with its reference followed; its own keys win."""
    while isinstance(schema, Mapping) and "$ref" in schema:
        target: Any = root
        for step in str(schema["$ref"]).removeprefix("#/").split("/"):
            target = target[step]
        schema = {**target, **{key: value for key, value in schema.items() if key != "$ref"}}
    return schema if isinstance(schema, Mapping) else {}


def _choices(schema: Any, root: Schema) -> list[Schema]:
    """All that a schema allows, its nested choices laid flat."""
    resolved = _resolve(schema, root)
    inner = resolved.get("anyOf") or resolved.get("oneOf")
    if not inner:
        return [resolved]
    return [choice for one in inner for choice in _choices(one, root)]


def _shown(path: Path, value: object) -> str:
    """A value as messages quote it; keys only by their first characters."""
    if any(step in _SECRETS for step in path) and not isinstance(value, dict | list | None):
        return f'"{str(value)[:6]}…"'
    return show(value)


def _mismatch(path: Path, value: object, schema: Schema, root: Schema) -> Fault:
    """What is wrong with a value that none of the schema's choices takes; the rule is what it should be."""
    choices = _choices(schema, root)
    for choice in choices:
        kind = choice.get("format", "")
        if kind in _PARSERS and not isinstance(value, dict | list | None):
            try:
                _PARSERS[kind](value)
            except ValueError as error:
                return Fault(path, _nearly(value, choices) or f"{error}{_or_else(choices)}", kind)
    return Fault(path, _sentence(path, value, choices, root), "value")


def _nearly(value: object, choices: list[Schema]) -> str:
    """The sentence for a misspelt constant; empty where it resembles none."""
    words = [word for choice in choices for word in _constants(choice) if isinstance(word, str)]
    close = difflib.get_close_matches(str(value).casefold(), words, n=1, cutoff=0.6)
    return f"{show(value)} is not known here; did you mean {close[0]}?" if close else ""


def _or_else(choices: list[Schema]) -> str:
    words = [word for choice in choices for word in _constants(choice) if isinstance(word, str)]
    return f"; or write {' or '.join(words)}" if words else ""


def _sentence(path: Path, value: object, choices: list[Schema], root: Schema) -> str:
    ordered = sorted(choices, key=lambda choice: not _constants(choice))
    right = " or ".join(dict.fromkeys(text for choice in ordered if (text := _describe(choice, root))))
    numbers = [choice for choice in choices if choice.get("type") in ("integer", "number")]
    if value is None:
        left_out = ", or leave the key out" if path and isinstance(path[-1], str) else ""
        return f"is empty; write {right}{left_out}"
    if isinstance(value, dict | list):
        return f"is {show(value)}; write {right}"
    if isinstance(value, str) and (nearly := _nearly(value, choices)):
        return nearly
    if isinstance(value, str) and _is_number(scalar(value)) and (numbers or _takes(choices, scalar(value))):
        return f"{show(value)} is text; write {value} without quotes"
    if numbers and isinstance(value, int | float) and not isinstance(value, bool):
        if value < numbers[0].get("minimum", value):
            return f"{value} is too small; write {right}"
        if value > numbers[0].get("maximum", value):
            return f"{value} is too large; write {right}"
    free_text = any(choice.get("type") == "string" and not _constants(choice) for choice in choices)
    if free_text and not isinstance(value, str):
        return f"{_shown(path, value)} is not text; put it in quotes"
    return f"{_shown(path, value)} does not fit here; write {right}"


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _takes(choices: list[Schema], value: object) -> bool:
    return any(value in _constants(choice) for choice in choices)


def _constants(schema: Schema) -> list[object]:
    return [schema["const"]] if "const" in schema else list(schema.get("enum", ()))


def _describe(schema: Schema, root: Schema) -> str:
    """What a schema takes, in words; empty where its neighbours say it better."""
    if constants := _constants(schema):
        return "" if constants == [0] else " or ".join(show(one).strip('"') for one in constants)
    kind = schema.get("type")
    if kind in ("integer", "number"):
        noun = "a whole number" if kind == "integer" else "a number"
        low, high = schema.get("minimum"), schema.get("maximum")
        if low is not None and high is not None:
            return f"{noun} from {low} to {high}"
        return f"{noun} of at least {low}" if low is not None else noun
    if kind == "string":
        example = next(iter(schema.get("examples", ())), None)
        noun = {"path": "an absolute path"}.get(schema.get("format", ""), f"a {schema.get('format', 'text')}")
        if "pattern" in schema and "format" not in schema:
            noun = "letters, digits, dots, dashes and underscores"
        return (noun if noun != "a text" else "a text") + (f" such as {example}" if example else "")
    if kind == "boolean":
        return "true or false"
    if kind == "array":
        return f"a list of {_plural(schema, root)}"
    if kind == "object":
        keys = ", ".join(schema.get("properties", {}))
        return f"a mapping with the keys {keys}" if keys else "a mapping"
    return "null" if kind == "null" else "something else"


def _plural(schema: Schema, root: Schema) -> str:
    items = [_resolve(choice, root) for choice in _choices(schema.get("items", {}), root)]
    nouns = {"path": "paths", "window": "windows"}
    found = dict.fromkeys(
        nouns.get(item.get("format", ""), "mappings" if item.get("type") == "object" else "")
        for item in items
    )
    return " or ".join(noun for noun in found if noun) or "values"
