"""The difference between two States, leaf by leaf. The one import of deepdiff.

An entry that is equal on both sides is never looked into: values are compared first, and only the entries
that differ go to DeepDiff, which says how, once somebody wants to see it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Literal, TypeAlias

from reconciler.leaves import Leaf, State
from reconciler.noun import noun

Group: TypeAlias = Literal["jobs", "plots", "orphans", "farmers"]


@noun(kw_only=True)
class Change:
    """One entry of State that is not as it should be.

    group, name: the entry. old, new: its value as observed and as desired; None: it is not there.
    """

    group: Group
    name: str
    old: Leaf | None
    new: Leaf | None

    @property
    def path(self) -> str:
        """The entry's place in State: ``jobs.0f3a…``."""
        return f"{self.group}.{self.name}"

    @property
    def parts(self) -> tuple[tuple[str, str, str], ...]:
        """What differs within it, as (path, from, to), where it is there on both sides."""
        return _parts(self.old, self.new) if self.old is not None and self.new is not None else ()


def drift(observed: State, desired: State) -> tuple[Change, ...]:
    """Every entry that differs, by group and name."""
    return (
        *_group("jobs", observed.jobs, desired.jobs),
        *_group("plots", observed.plots, desired.plots),
        *_group("orphans", observed.orphans, desired.orphans),
        *_group("farmers", observed.farmers, desired.farmers),
    )


def _group(group: Group, observed: Mapping[str, Leaf], desired: Mapping[str, Leaf]) -> tuple[Change, ...]:
    if observed is desired:
        return ()
    names = [
        name for name in observed.keys() | desired.keys() if _differ(observed.get(name), desired.get(name))
    ]
    return tuple(
        Change(group=group, name=name, old=observed.get(name), new=desired.get(name))
        for name in sorted(names)
    )


def _differ(old: Leaf | None, new: Leaf | None) -> bool:
    return old is not new and old != new


def _parts(old: Leaf, new: Leaf) -> tuple[tuple[str, str, str], ...]:
    """How two values of one entry differ, as DeepDiff's tree tells it."""
    from deepdiff import DeepDiff

    tree = DeepDiff(asdict(old), asdict(new), view="tree")
    found = []
    for levels in tree.values():
        for level in levels:
            path = ".".join(str(step) for step in level.path(output_format="list"))
            found.append((path, _shown(level.t1), _shown(level.t2)))
    return tuple(sorted(found))


def _shown(value: object) -> str:
    return "absent" if repr(value) == "not present" else str(value)
