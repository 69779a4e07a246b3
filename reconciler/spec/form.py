"""How the schema of a document that people write is made from its models."""

from __future__ import annotations

from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema


class DocumentForm(GenerateJsonSchema):
    """Describes what a person writes: units in defaults, and no null; what is left out has its default."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        """The schema without null."""
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        """The default as it would be written; none where it is null or empty."""
        described = super().default_schema(schema)
        if described.get("default", "") in (None, [], {}):
            del described["default"]
        write = _serializer(schema["schema"])
        if write is not None and "default" in described:
            described["default"] = write(schema["default"])
        return described

    def get_title_from_name(self, name: str) -> str:
        """The key itself, as people know it."""
        return name


def _serializer(schema: Any) -> Any:
    """The plain serializer of a unit's type, within the constraints that a field adds."""
    while isinstance(schema, dict):
        serialization = schema.get("serialization")
        if serialization and serialization.get("type") == "function-plain":
            return serialization["function"]
        schema = schema.get("schema")
    return None
