"""What a change of the spec would change on one host: leaves of the spec, actions and holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from reconciler.actions import Action
from reconciler.noun import noun
from reconciler.plan import Hold, Plan
from reconciler.spec.models import Spec
from reconciler.spec.tree import Value
from reconciler.spec.writing import document, scalar

LISTED: Mapping[str, str] = {
    "directories.tmp": "path",
    "directories.tmp2": "path",
    "directories.dst": "path",
    "archive": "name",
}
"""The lists of a spec whose items are told apart by one of their keys, and by which."""


@noun
class Leaf:
    """One value of the spec that differs, in its document form. None: it is not there."""

    path: str
    before: str | None
    after: str | None


@noun
class Difference:
    """From the plan of one spec to that of another, made from the same observation.

    gone, come: actions that only the first, only the second asks for. freed, held: holds likewise.
    """

    leaves: tuple[Leaf, ...]
    gone: tuple[Action, ...]
    come: tuple[Action, ...]
    freed: tuple[Hold, ...]
    held: tuple[Hold, ...]

    @property
    def planned(self) -> bool:
        """Would anything else be done, or anything else wait?"""
        return bool(self.gone or self.come or self.freed or self.held)


def difference(old: Spec, new: Spec, before: Plan, after: Plan) -> Difference:
    """What differs."""
    return Difference(
        leaves=leaves(old, new),
        gone=_without(before.actions, after.actions),
        come=_without(after.actions, before.actions),
        freed=_others(before.holds, after.holds),
        held=_others(after.holds, before.holds),
    )


def leaves(old: Spec, new: Spec) -> tuple[Leaf, ...]:
    """The values of the effective specs that differ, defaults included; by path.

    Of an item of LISTED that is gone only that is told.
    """
    if old == new:
        return ()
    before, after = _flat(old), _flat(new)
    gone = tuple(f"{path}." for path in before if path.endswith("]") and path not in after)
    return tuple(
        Leaf(path, before.get(path), after.get(path))
        for path in sorted(before.keys() | after.keys())
        if before.get(path) != after.get(path) and not path.startswith(gone)
    )


def _flat(spec: Spec) -> dict[str, str]:
    return dict(_walk(document(spec, defaults=True), ""))


def _walk(value: Value, path: str) -> Iterator[tuple[str, str]]:
    """Each leaf with its path; an item of LISTED is one itself, besides what it holds."""
    if isinstance(value, dict) and value:
        for key, child in value.items():
            yield from _walk(child, f"{path}.{key}" if path else key)
    elif isinstance(value, list) and path in LISTED:
        key = LISTED[path]
        for item in value:
            parts = item if isinstance(item, dict) else {key: item}
            here = f"{path}[{parts[key]}]"
            yield here, ""
            for name, child in parts.items():
                if name != key:
                    yield from _walk(child, f"{here}.{name}")
    elif isinstance(value, list):
        yield path, f"[{', '.join(map(_inline, value))}]"
    else:
        yield path, scalar(value)


def _inline(value: Value) -> str:
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key}: {_inline(child)}' for key, child in value.items())}}}"
    return f"[{', '.join(map(_inline, value))}]" if isinstance(value, list) else scalar(value)


def _without(these: Iterable[Action], others: Iterable[Action]) -> tuple[Action, ...]:
    keys = {action.key for action in others}
    return tuple(action for action in these if action.key not in keys)


def _others(these: Iterable[Hold], others: Iterable[Hold]) -> tuple[Hold, ...]:
    """Those that say something else; when they may pass is no news."""
    said = {replace(hold, next_at=None) for hold in others}
    return tuple(hold for hold in these if replace(hold, next_at=None) not in said)
