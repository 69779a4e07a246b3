"""The trials of one tune, from the spec as it is to the best that was found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import TYPE_CHECKING

import click

from reconciler.commands.trying import Arena, Task
from reconciler.spec.units import show_duration
from reconciler.tune.search import search
from reconciler.tune.setting import Setting, by_itself, changed
from reconciler.tune.trial import NOISE, Trial, best

if TYPE_CHECKING:
    from reconciler.simulate.outcome import Result
    from reconciler.spec.loaded import Loaded
    from reconciler.tune.ground import Ground

AS_IS, AUTO = "as the spec is", "left to the tool"


@dataclass(slots=True)
class Tuning:
    """What is tried, and what came of it so far.

    task: the spec as it is, with the first seed; the second is the one after it. most: settings by hand.
    """

    task: Task
    ground: Ground
    most: int
    as_is: Trial | None = None
    auto: Trial | None = None
    trials: list[Trial] = field(default_factory=list)

    @property
    def seeds(self) -> tuple[int, int]:
        """What is told goes by both; the search goes by the first."""
        return self.task.seed, self.task.seed + 1

    @property
    def runs(self) -> int:
        """Simulations in all, about."""
        return self.most + 5

    def run(self, arena: Arena) -> None:
        """All of it. A KeyboardInterrupt leaves what is known by then."""
        loaded, spec = self.task.loaded, self.task.loaded.spec
        free = changed(loaded, by_itself(spec))
        different = free.spec != spec
        began = monotonic()
        results = self._play(arena, [loaded, *([free] if different else [])], self.seeds)
        self.as_is = Trial(AS_IS, None, tuple(results[:2]))
        self.auto = Trial(AUTO, None, tuple(results[2:])) if different else self.as_is
        _tell(self.as_is)
        if different:
            _tell(self.auto)
        left = (monotonic() - began) / len(results) * (self.most + 1)
        click.echo(f"about {show_duration(left)} more", err=True)
        steps = search(self.ground.starts(), self.ground.groups, self.most)
        batch = next(steps, None)
        while batch is not None and not self._reached():
            found = self._try(arena, batch)
            try:
                batch = steps.send(found)
            except StopIteration:
                batch = None
        self._confirm(arena)

    def _reached(self) -> bool:
        """Is a setting so near to the bound that no other can be better by more than chance?"""
        top = best(self.trials)
        return top is not None and top.plots_a_day >= (1 - NOISE / 4) * self.ground.limits.least

    def _try(self, arena: Arena, batch: Sequence[Setting]) -> list[Trial]:
        found = []
        tasks = [self._task(self._set(setting), self.task.seed) for setting in batch]
        for setting, result in zip(batch, arena.play(tasks), strict=True):
            found.append(Trial(_words(setting), setting, (result,)))
            self.trials.append(found[-1])
            _tell(found[-1], f"{len(self.trials)} of {self.most}: ")
        return found

    def _confirm(self, arena: Arena) -> None:
        """Play the best once more with the second seed, until one is the best of two: chance favours the first."""
        while (first := best(self.trials)) is not None and len(first.results) == 1:
            assert first.setting is not None
            again = self._play(arena, [self._set(first.setting)], self.seeds[1:])
            self.trials[self.trials.index(first)] = replace(first, results=(*first.results, *again))

    def _set(self, setting: Setting) -> Loaded:
        loaded = self.task.loaded
        return changed(loaded, setting.changes(loaded.spec, self.ground.groups))

    def _play(self, arena: Arena, specs: Sequence[Loaded], seeds: Sequence[int]) -> list[Result]:
        """Each spec with each seed, in this order."""
        return list(arena.play([self._task(loaded, seed) for loaded in specs for seed in seeds]))

    def _task(self, loaded: Loaded, seed: int) -> Task:
        return replace(self.task, loaded=loaded, seed=seed)


def _tell(trial: Trial, number: str = "") -> None:
    lost = f", {trial.lost} jobs lost" if trial.lost else ""
    click.echo(f"{number}{trial.name}: {trial.plots_a_day:.1f} plots a day{lost}", err=True)


def _words(setting: Setting) -> str:
    tmps = ", ".join(f"{tmp.jobs} ({tmp.early} early)" for tmp in setting.tmps)
    return f"{setting.max_jobs} jobs, one every {show_duration(setting.stagger)}, on a tmp {tmps}"
