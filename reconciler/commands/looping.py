"""The loop on the command line: its events as lines, signals as its end."""

from __future__ import annotations

import signal
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from types import FrameType

import click

from reconciler import actions
from reconciler.commands.context import Farm, load_spec
from reconciler.commands.plan import text
from reconciler.commands.screen import Screen
from reconciler.errors import PlotmanError
from reconciler.execute import Outcome
from reconciler.loop import Event, Loop, Work, wanted
from reconciler.plan import plan_facts
from reconciler.sources.file import FileSource
from reconciler.views.events import Teller

HELD_BACK = 6
"""Exit code where a rule or a person's word stands between the wish and its fulfilment."""
PARTLY = 4
"""Exit code where some was done, or some could not be reached."""
PLOTTING: tuple[Work, ...] = ("plotting",)
ARCHIVING: tuple[Work, ...] = ("archiving",)


class Kinds(click.ParamType[frozenset[str] | None]):
    """Kinds of action, `spawn,archive`."""

    name = "KIND,.."

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> frozenset[str] | None:
        """Refuses what is no kind."""
        if not isinstance(value, str):
            return None
        kinds = frozenset(kind.strip() for kind in value.split(","))
        for kind in sorted(kinds.difference(actions.ORDER)):
            self.fail(f"{kind!r} is no kind of action; they are {', '.join(actions.ORDER)}", param, ctx)
        return kinds


_OPTIONS = (
    click.option("--once", is_flag=True, help="One tick, then end."),
    click.option("--dry-run", is_flag=True, help="Print what would be done; change nothing, take no lock."),
    click.option("--only", type=Kinds(), help="Only these kinds of action; holds are shown for all."),
)


def loop_options(function: Callable[..., int]) -> Callable[..., int]:
    """--once, --dry-run and --only."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def run(
    farm: Farm,
    screen: Screen,
    works: Collection[Work],
    *,
    once: bool,
    dry_run: bool,
    only: frozenset[str] | None,
) -> int:
    """Run the loop, one tick of it, or only its plan. Raises LockHeld."""
    if dry_run:
        facts = farm.look()
        plan = plan_facts(facts, farm.loaded.digest)
        mine = replace(plan, actions=wanted(plan, works, only))
        click.echo(text(facts, mine, farm.path, screen), nl=False)
        return 0
    report = teller(farm, screen)
    source = FileSource(farm.path, load_spec)
    loop = Loop(source, farm.world, farm.plotters, works=works, only=only, report=report)
    if once:
        with loop.locks():
            return code(loop.tick().outcomes)
    with stopping() as stop:
        loop.run(stop)
    return 0


def teller(farm: Farm, screen: Screen) -> Callable[[Event], None]:
    """Prints events as they happen. Once nobody reads them any more it is silent: the loop goes on."""
    lines = Teller(farm.loaded.spec, screen.symbols, farm.world.machine.utc_offset())
    read = True

    def report(event: Event) -> None:
        nonlocal read
        for line in lines.tell(event):
            try:
                if read:
                    click.echo(line)
            except OSError:
                read = False

    return report


@contextmanager
def stopping() -> Iterator[Callable[[], bool]]:
    """Whether SIGTERM or SIGINT has come; the second one ends the process at once."""
    told = False

    def stop(number: int, _frame: FrameType | None) -> None:
        nonlocal told
        told = True
        signal.signal(number, signal.SIG_DFL)
        click.echo("ending after this tick; the jobs run on", err=True)

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield lambda: told
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def code(outcomes: Sequence[Outcome]) -> int:
    """The exit code for what came of some actions."""
    results = {outcome.result for outcome in outcomes}
    if results <= {"done"}:
        return 0
    if "done" in results:
        return PARTLY
    return PlotmanError.exit_code if "failed" in results else HELD_BACK
