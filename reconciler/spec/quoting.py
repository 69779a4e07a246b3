"""How messages quote what stands in a document."""

from __future__ import annotations


def show(value: object) -> str:
    """A value from a document as messages quote it: texts in quotes, long ones cut."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict | list | tuple):
        return "a mapping" if isinstance(value, dict) else "a list"
    text = str(value) if not isinstance(value, str) else '"' + repr(value)[1:-1].replace("\\'", "'") + '"'
    return text if len(text) <= 60 else f"{text[:40]}…"
