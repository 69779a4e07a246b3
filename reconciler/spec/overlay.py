"""The schema of an overlay, made from the spec's: a part of a spec, which extends others or is extended by them.

For editors. What a composed document says is held against the spec's own schema.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.spec.layers import VAR

_REFERENCE = {"$ref": "#/$defs/Reference"}
_ABOUT = ("title", "description", "default", "examples")
"""Keywords that say something of a value and demand nothing."""
_OF_ONE = ("items", "additionalProperties")
_OF_MANY = ("properties", "patternProperties", "$defs")
_SCALARS = ("string", "integer", "number", "boolean")


def overlay(spec: Mapping[str, Any]) -> dict[str, Any]:
    """The spec's schema with nothing required, references to vars for scalars, and what layers have of their own."""
    loosened = _loosened(spec)
    loosened["title"] = "Overlay"
    loosened["description"] = "A part of what the farm shall be."
    loosened["properties"] = {**_OWN, **loosened["properties"]}
    loosened["$defs"] = {**loosened["$defs"], "Reference": _REFERENCES}
    return loosened


def _loosened(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A schema, in which no key is required and any scalar may be a reference."""
    loosened: dict[str, Any] = {}
    for keyword, value in schema.items():
        if keyword in ("required", "discriminator"):
            continue
        if keyword in ("anyOf", "oneOf"):
            # Without required keys several choices may fit.
            loosened["anyOf"] = _choices(value)
        elif keyword in _OF_MANY:
            loosened[keyword] = {name: _loosened(child) for name, child in value.items()}
        elif keyword in _OF_ONE and isinstance(value, Mapping):
            loosened[keyword] = _loosened(value)
        else:
            loosened[keyword] = value
    if not _scalar(schema):
        return loosened
    about = {keyword: loosened.pop(keyword) for keyword in _ABOUT if keyword in loosened}
    return {**about, "anyOf": [loosened, _REFERENCE]}


def _choices(choices: list[Mapping[str, Any]]) -> list[Any]:
    """Choices, with a reference as one more where any is a scalar."""
    loosened = [dict(choice) if _scalar(choice) else _loosened(choice) for choice in choices]
    return [*loosened, _REFERENCE] if any(map(_scalar, choices)) else loosened


def _scalar(schema: Mapping[str, Any]) -> bool:
    return schema.get("type") in _SCALARS or "const" in schema or "enum" in schema


_REFERENCES = {
    "description": "A text with vars: ${var.NAME}.",
    "examples": ["${var.mnt}/tmp/00"],
    "pattern": r"\$\{var\.",
    "type": "string",
}


def _texts(title: str, description: str, example: str) -> dict[str, Any]:
    """One text, or a list of them."""
    text = {"minLength": 1, "type": "string"}
    return {
        "anyOf": [text, {"items": text, "type": "array"}],
        "description": description,
        "examples": [[example]],
        "title": title,
    }


_OWN: Mapping[str, Any] = {
    "extends": _texts(
        "extends",
        "The documents that this one is laid over, the lowest first: paths, from this document's folder on.",
        "../base.yaml",
    ),
    "vars": {
        "additionalProperties": {"type": list(_SCALARS)},
        "description": "Values for ${var.NAME}, here and in all documents of this host; the nearest layer's counts.",
        "examples": [{"mnt": "/mnt"}],
        "propertyNames": {"pattern": f"^{VAR}$"},
        "title": "vars",
        "type": "object",
    },
    "delete": _texts(
        "delete",
        "What to take out of the documents below before this one is laid over them.",
        "directories.tmp[/mnt/tmp/03]",
    ),
}
