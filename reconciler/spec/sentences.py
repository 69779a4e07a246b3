"""What a schema would have taken, in words, for a value that it does not take."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from reconciler.spec import units
from reconciler.spec.hints import nearest
from reconciler.spec.quoting import show
from reconciler.spec.tree import Path, scalar
from reconciler.spec.week import parse_window

Schema = Mapping[str, Any]

_PARSERS: Mapping[str, Callable[[object], object]] = {
    "size": units.parse_size,
    "duration": units.parse_duration,
    "phase": units.parse_milestone,
    "window": parse_window,
    "path": units.parse_path,
    "rate": units.parse_rate,
    "day": units.parse_day,
}
_SECRETS = frozenset({"keys", "notify"})


def resolve(schema: Any, root: Schema) -> Schema:
    """The schema with its reference followed; its own keys win."""
    while isinstance(schema, Mapping) and "$ref" in schema:
        target: Any = root
        for step in str(schema["$ref"]).removeprefix("#/").split("/"):
            target = target[step]
        schema = {**target, **{key: value for key, value in schema.items() if key != "$ref"}}
    return schema if isinstance(schema, Mapping) else {}


def choices_of(schema: Any, root: Schema) -> list[Schema]:
    """All that a schema allows, its nested choices laid flat."""
    resolved = resolve(schema, root)
    inner = resolved.get("anyOf") or resolved.get("oneOf")
    if not inner:
        return [resolved]
    return [choice for one in inner for choice in choices_of(one, root)]


def shown(path: Path, value: object) -> str:
    """A value as messages quote it; keys only by their first characters."""
    if any(step in _SECRETS for step in path) and not isinstance(value, dict | list | None):
        return f'"{str(value)[:6]}…"'
    return show(value)


def mismatch(
    path: Path, value: object, schema: Schema, root: Schema, *, needed: bool = False
) -> tuple[str, str]:
    """What is wrong with a value that none of the schema's choices takes, and the name of the broken rule.

    needed: its key may not be left out.
    """
    choices = choices_of(schema, root)
    for choice in choices:
        kind = choice.get("format", "")
        if kind in _PARSERS and not isinstance(value, dict | list | None):
            try:
                _PARSERS[kind](value)
            except ValueError as error:
                return _nearly(value, choices) or f"{error}{_or_else(choices)}", kind
    return _sentence(path, value, choices, root, needed=needed), "value"


def _nearly(value: object, choices: list[Schema]) -> str:
    """The sentence for a misspelt constant; empty where it resembles none."""
    words = [word for choice in choices for word in _constants(choice) if isinstance(word, str)]
    near = nearest(str(value).casefold(), words)
    return f"{show(value)} is not known here; did you mean {near}?" if near else ""


def _or_else(choices: list[Schema]) -> str:
    words = [word for choice in choices for word in _constants(choice) if isinstance(word, str)]
    return f"; or write {' or '.join(words)}" if words else ""


def _sentence(path: Path, value: object, choices: list[Schema], root: Schema, *, needed: bool) -> str:
    ordered = sorted(choices, key=lambda choice: not _constants(choice))
    right = " or ".join(dict.fromkeys(text for choice in ordered if (text := _describe(choice, root))))
    numbers = [choice for choice in choices if choice.get("type") in ("integer", "number")]
    if value is None:
        left_out = ", or leave the key out" if path and isinstance(path[-1], str) and not needed else ""
        return f"is empty; write {right}{left_out}"
    if isinstance(value, dict | list):
        return f"is {show(value)}; write {right}"
    if any([value] == _constants(choice.get("properties", {}).get("kind", {})) for choice in choices):
        return f"{show(value)} alone says too little; write a mapping with kind: {value} and the keys that it needs"
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
        return f"{shown(path, value)} is not text; put it in quotes"
    return f"{shown(path, value)} does not fit here; write {right}"


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
        if low is not None and (below := schema.get("exclusiveMaximum")) is not None:
            return f"{noun} of at least {low} and less than {below}"
        return f"{noun} of at least {low}" if low is not None else noun
    if kind == "string":
        example = next(iter(schema.get("examples", ())), None)
        noun = {"path": "an absolute path"}.get(schema.get("format", ""), f"a {schema.get('format', 'text')}")
        if "pattern" in schema and "format" not in schema and example is None:
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
    items = [resolve(choice, root) for choice in choices_of(schema.get("items", {}), root)]
    nouns = {"path": "paths", "window": "windows"}
    kinds = {"object": "mappings", "integer": "whole numbers"}
    found = dict.fromkeys(
        nouns.get(item.get("format", ""), kinds.get(item.get("type", ""), "")) for item in items
    )
    return " or ".join(noun for noun in found if noun) or "values"
