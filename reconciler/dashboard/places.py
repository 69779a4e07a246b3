"""What the sheets of directories have in common. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.facts import Facts
from reconciler.spec.units import show_size
from reconciler.state import Directory, Fact, Known, Space
from reconciler.views import words
from reconciler.views.names import Names


def brief(text: str, names: Names) -> str:
    """The text with the spec's directories by their short names."""
    every = {path: role for role, paths in names.roles.items() for path in paths}
    for path in sorted(every, key=len, reverse=True):
        text = text.replace(path, names.short(path, every[path]))
    return text


def common(paths: Sequence[str], shorts: Sequence[str]) -> str:
    """``in /mnt/tmp``: the folder that was cut from in front of all of these short names; "" where there is none."""
    cut = {
        path.removesuffix(short).rstrip("/")
        for path, short in zip(paths, shorts, strict=True)
        if path != short
    }
    return f"in {words.clean(cut.pop())}" if len(cut) == 1 and all(map(str.__ne__, paths, shorts)) else ""


def room(facts: Facts, directory: Directory | None) -> tuple[str, str]:
    """(free, what jobs and transfers under way may still take of it)."""
    if directory is None:
        return "not observed", "-"
    if not isinstance(directory.space, Known):
        return words.clean(directory.space.why), "-"
    space = directory.space.value
    free = show_size(space.free) + ("" if space.writable else ", not writable")
    return free, show_size(facts.promised.get(space.device, 0))


def answers(space: Fact[Space] | None) -> bool:
    """Can it be written to, as far as is known?"""
    return isinstance(space, Known) and space.value.writable
