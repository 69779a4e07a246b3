"""Coordinate search for the setting that makes the most plots a day. Pure: whoever runs it tries what it asks for.

From the best of the starting points on, each coordinate is moved both ways, two coordinates at a time, so that
four trials run side by side whatever the number of processors; the best of them is where it goes on. A round that
brings nothing halves the steps.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import TypeAlias

from reconciler.tune.ground import rounded
from reconciler.tune.setting import Group, Setting, Tmp
from reconciler.tune.trial import ALIKE, Trial

STEP, LEAST = 0.3, 0.05
"""The part of a value that a step is at first, and below which it is over."""
Coordinate: TypeAlias = Callable[[Setting, float], Setting]
"""A setting moved along it, by that part of its value; or down, where it is negative."""


def search(
    starts: Iterator[Setting], groups: Sequence[Group], trials: int
) -> Generator[Sequence[Setting], Sequence[Trial], None]:
    """Yields settings to try side by side, and is sent what came of them, in their order. trials: at most."""
    batch = tuple(islice(dict.fromkeys(starts), trials))
    if not batch:
        return
    found = yield batch
    seen, left, step = set(batch), trials - len(batch), STEP
    now = _better(found[0], found, 0.0)
    coordinates = tuple(_coordinates(groups))
    while step >= LEAST:
        moved = False
        for first in range(0, len(coordinates), 2):
            assert now.setting is not None
            tried = (
                move(now.setting, way * step).sound(groups)
                for move in coordinates[first : first + 2]
                for way in (1, -1)
            )
            batch = tuple(islice((each for each in dict.fromkeys(tried) if each not in seen), left))
            if not batch:
                continue
            found = yield batch
            seen |= set(batch)
            left -= len(batch)
            then = _better(now, found, ALIKE)
            moved, now = moved or then is not now, then
            if left <= 0:
                return
        step = step if moved else step / 2


def _better(now: Trial, found: Sequence[Trial], by: float) -> Trial:
    for trial in found:
        if trial.beats(now, by):
            now = trial
    return now


def _coordinates(groups: Sequence[Group]) -> Iterator[Coordinate]:
    """Those that matter most first."""
    yield _stagger
    yield lambda setting, part: _max_jobs(setting, part, groups)
    for number in range(len(groups)):
        yield _jobs(number, groups)
        yield _early(number)


def _stagger(setting: Setting, part: float) -> Setting:
    seconds = setting.stagger * (1 + part) if part > 0 else setting.stagger / (1 - part)
    return replace(setting, stagger=rounded(seconds))


def _max_jobs(setting: Setting, part: float, groups: Sequence[Group]) -> Setting:
    """More jobs than the directories take have them take more."""
    wanted = _stepped(setting.max_jobs, part)
    tmps = setting.tmps
    while sum(tmp.jobs * len(group.paths) for tmp, group in zip(tmps, groups, strict=True)) < wanted:
        tmps = tuple(_taking(tmp, tmp.jobs + 1) for tmp in tmps)
    return Setting(wanted, setting.stagger, tmps)


def _jobs(number: int, groups: Sequence[Group]) -> Coordinate:
    def move(setting: Setting, part: float) -> Setting:
        """Where all directories are full at max_jobs, that goes with them."""
        tmps = list(setting.tmps)
        full = setting.max_jobs == sum(
            tmp.jobs * len(group.paths) for tmp, group in zip(tmps, groups, strict=True)
        )
        more = _stepped(tmps[number].jobs, part) - tmps[number].jobs
        tmps[number] = _taking(tmps[number], tmps[number].jobs + more)
        jobs = setting.max_jobs + (more * len(groups[number].paths) if full else 0)
        return Setting(jobs, setting.stagger, tuple(tmps))

    return move


def _early(number: int) -> Coordinate:
    def move(setting: Setting, part: float) -> Setting:
        tmps = list(setting.tmps)
        tmps[number] = replace(tmps[number], early=_stepped(tmps[number].early, part))
        return replace(setting, tmps=tuple(tmps))

    return move


def _taking(tmp: Tmp, jobs: int) -> Tmp:
    """With other jobs; what was no limit stays none."""
    return Tmp(jobs, jobs if tmp.early >= tmp.jobs else tmp.early)


def _stepped(count: int, part: float) -> int:
    """A count moved by that part of it, by 1 at least."""
    step = max(1, round(count * abs(part)))
    return max(1, count + step if part > 0 else count - step)
