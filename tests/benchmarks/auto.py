"""What the tool's own schedule is worth: ``python -m tests.benchmarks.auto [OPTIONS] [MACHINE...]``.

Six example machines and six drawn at random, each in simulation: with paths and keys only; with the original's
default settings; and with the best manual setting that a search of some trials finds. Plots a day of each,
beside the machine's bound, and jobs lost. Whatever loses a job is no best setting.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

from reconciler.commands.simulating import played
from reconciler.description import MachineDescription
from reconciler.plotters import Plotters
from reconciler.simulate.outcome import Result, result
from reconciler.simulate.running import Run
from reconciler.spec.loaded import Loaded
from reconciler.tune.ground import ground
from reconciler.tune.search import search
from reconciler.tune.setting import Changes, changed
from reconciler.tune.trial import Trial, best
from tests.benchmarks.farms import SEEDS, drawn, examples

ORIGINAL: Changes = {
    ("scheduling", "max_jobs"): 12,
    ("scheduling", "stagger"): "30m",
    ("scheduling", "tmp", "max_jobs"): 3,
    ("scheduling", "tmp", "stagger"): {"until": "2:1", "at_most": 1},
}
"""What the original's configuration comes with."""


@dataclass(frozen=True, slots=True)
class Played:
    """One run. suspends: of jobs, by the rule for space; seconds: of CPU."""

    result: Result
    suspends: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Bench:
    """How to run machines. harsh: crowding costs twice as much; faults: things go wrong in turn."""

    plotters: Plotters
    days: float
    warm_up: float
    seed: int
    harsh: bool
    faults: bool

    def play(self, described: MachineDescription, loaded: Loaded) -> Played:
        """One run."""
        if self.harsh:
            described = replace(described, contention=described.contention.harsh)
        run = Run(
            described,
            loaded,
            self.plotters,
            days=self.days,
            warm_up=self.warm_up,
            seed=self.seed,
            faults=self.faults,
        )
        began = time.process_time()
        found = result(played(run))
        return Played(found, run.watch.suspends, time.process_time() - began)

    def best(self, described: MachineDescription, loaded: Loaded, trials: int) -> Trial | None:
        """The best manual setting of so many that a search tries; None: all lost jobs."""
        assert loaded.spec.plotting is not None
        plotter = self.plotters[loaded.spec.plotting.plotter]
        found = ground(described, loaded.spec, plotter)
        asking = search(found.starts(), found.groups, trials)
        tried: list[Trial] = []
        batch = next(asking, ())
        while batch:
            told = []
            for setting in batch:
                by_hand = changed(loaded, setting.changes(loaded.spec, found.groups))
                told.append(Trial(str(setting), setting, (self.play(described, by_hand).result,)))
            tried += told
            try:
                batch = asking.send(told)
            except StopIteration:
                break
        return best(tried)


def main() -> None:
    """Run it and print the table."""
    asked = _asked()
    bench = Bench(Plotters.load(), asked.days, asked.warm_up, asked.seed, asked.harsh, asked.faults)
    print(
        f"{'machine':11}{'bound':>7}{'by hand':>9}{'auto':>7}{'of hand':>9}{'of bound':>10}{'lost':>6}{'original':>10}"
        f"{'lost':>6}{'suspends':>10}{'CPU s':>7}  best by hand"
    )
    for name, described, loaded in _machines(asked.machines):
        auto = bench.play(described, loaded)
        original = bench.play(described, changed(loaded, ORIGINAL)).result
        hand = bench.best(described, loaded, asked.trials) if asked.trials else None
        mine, most = auto.result.plots_a_day, hand.plots_a_day if hand is not None else 0.0
        print(
            f"{name:11}{auto.result.bound:7.1f}{most:9.1f}{mine:7.1f}"
            f"{mine / most if most else 0:9.3f}{mine / auto.result.bound:10.3f}{auto.result.lost:6}"
            f"{original.plots_a_day:10.1f}{original.lost:6}{auto.suspends / asked.days:10.2f}{auto.seconds:7.1f}"
            f"  {hand.setting if hand is not None else ''}",
            flush=True,
        )


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="What the tool's own schedule is worth.")
    parser.add_argument("machines", nargs="*", help="names of examples, drawnN; left out: all twelve")
    parser.add_argument("--days", type=float, default=10.0)
    parser.add_argument("--warm-up", type=float, default=2.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--trials", type=int, default=30)
    parser.add_argument("--harsh", action="store_true")
    parser.add_argument("--faults", action="store_true")
    return parser.parse_args()


def _machines(names: list[str]) -> Iterator[tuple[str, MachineDescription, Loaded]]:
    for name, described, loaded in examples():
        if not names or name in names:
            yield name, described, loaded
    for seed in SEEDS:
        if not names or f"drawn{seed}" in names:
            yield drawn(seed)


if __name__ == "__main__":
    main()
