"""What `dirs` shows, as a JSON document."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from math import isfinite
from typing import Literal

from reconciler.desire import Desire
from reconciler.facts import Facts
from reconciler.farmer import Disk, Farmer
from reconciler.noun import noun
from reconciler.state import Fact, Known, Space
from reconciler.views import dirs, farms, words


@noun
class Hold:
    """What a next start waits for. next_at: wall clock of its earliest end; None: that cannot be told."""

    rule: str
    text: str
    next_at: float | None


@noun(kw_only=True)
class Place:
    """One directory of this machine in one role.

    free_bytes: None where that is not known; trouble then says why, or that nothing can be written there.
    phases: of the jobs there (tmp, tmp2) or bound for it (dst), the earliest first; ``?:?``: not known.
    ready: of tmp, whether a job starts there now. hold: of tmp, what holds the next one.
    plots: of dst, how many lie there. pri: of dst, its place in the order of archiving; 1 is emptied first.
    """

    role: Literal["tmp", "tmp2", "dst"]
    path: str
    free_bytes: int | None
    trouble: str | None
    phases: tuple[str, ...]
    ready: bool | None = None
    hold: Hold | None = None
    plots: int | None = None
    pri: int | None = None


@noun(kw_only=True)
class Target:
    """One disk of one farmer. disk: None of a farmer that tells of none.

    free_bytes, plots: None where they are not known, or not ours to judge.
    coming: plots on their way there. age_seconds: of the farmer's answer; None: it never gave one.
    trouble: why it does not answer or is left alone for now. next_at: wall clock of the next try to ask it.
    """

    role: Literal["farm"] = "farm"
    farmer: str
    disk: str | None
    free_bytes: int | None
    plots: int | None
    coming: farms.Coming
    age_seconds: float | None
    trouble: str | None
    next_at: float | None


def text(facts: Facts, wish: Desire) -> str:
    """host, observed_at (seconds since the epoch), directories (as Place) and disks (as Target)."""
    document = {
        "host": facts.seen.host,
        "observed_at": facts.now.at,
        "directories": [asdict(place) for place in _places(facts, wish)],
        "disks": [asdict(target) for target in _targets(facts)],
    }
    return json.dumps(document, indent=2) + "\n"


def _places(facts: Facts, wish: Desire) -> Iterator[Place]:
    named, turns = facts.spec.directories, dirs.turns(wish)
    for tmp in named.tmp:
        held = dirs.hold(wish, tmp.path)
        yield Place(
            role="tmp",
            path=tmp.path,
            free_bytes=_free(_space(facts, tmp.path)),
            trouble=_trouble(facts, tmp.path),
            phases=dirs.in_order(facts.on_tmp.get(tmp.path, ())),
            ready=dirs.starts(wish, tmp.path),
            hold=Hold(held.rule, words.clean(held.text), held.next_at) if held is not None else None,
        )
    for tmp2 in named.tmp2:
        yield Place(
            role="tmp2",
            path=tmp2.path,
            free_bytes=_free(_space(facts, tmp2.path)),
            trouble=_trouble(facts, tmp2.path),
            phases=dirs.in_order(dirs.on_tmp2(facts, tmp2.path)),
        )
    for dst in named.landing:
        yield Place(
            role="dst",
            path=dst.path,
            free_bytes=_free(_space(facts, dst.path)),
            trouble=_trouble(facts, dst.path),
            phases=dirs.in_order(facts.on_dst.get(dst.path, ())),
            plots=dirs.plots(facts, dst.path),
            pri=turns.get(dst.path),
        )


def _targets(facts: Facts) -> Iterator[Target]:
    for _, farmer in sorted(facts.seen.farmers.items()):
        for disk in farmer.disks.value if isinstance(farmer.disks, Known) else (None,):
            yield _target(facts, farmer, disk)


def _target(facts: Facts, farmer: Farmer, disk: Disk | None) -> Target:
    told = disk if disk is not None and isinstance(disk.space, Known) and not disk.boundless else None
    trouble = farms.trouble(facts, farmer) or None
    if disk is None:
        coming = farms.bound(facts, farmer.name)
    else:
        place = (farmer.name, disk.path)
        coming = farms.Coming.to(facts, place, disk)
        trouble = trouble or farms.setback(facts, place) or _why(disk.space)
    return Target(
        farmer=farmer.name,
        disk=disk.path if disk is not None else None,
        free_bytes=_free(told.space) if told is not None else None,
        plots=told.count if told is not None else None,
        coming=coming,
        age_seconds=_age(facts, farmer),
        trouble=trouble,
        next_at=farmer.next_at,
    )


def _age(facts: Facts, farmer: Farmer) -> float | None:
    if farmer.asked is None:
        return 0.0 if isinstance(farmer.disks, Known) else None
    age = facts.age(farmer.asked)
    return age if isfinite(age) else None


def _space(facts: Facts, path: str) -> Fact[Space] | None:
    directory = facts.directory(path)
    return directory.space if directory is not None else None


def _trouble(facts: Facts, path: str) -> str | None:
    space = _space(facts, path)
    return _why(space) if space is not None else "not observed"


def _why(space: Fact[Space]) -> str | None:
    if not isinstance(space, Known):
        return words.clean(space.why)
    return None if space.value.writable else "read-only"


def _free(space: Fact[Space] | None) -> int | None:
    return space.value.free if isinstance(space, Known) else None
