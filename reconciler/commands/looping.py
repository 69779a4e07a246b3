"""The loop on the command line: its events as lines, signals as its end."""

from __future__ import annotations

import functools
import os
import signal
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from types import FrameType

import click

from reconciler import actions
from reconciler.commands.codes import HELD_BACK, PARTLY
from reconciler.commands.context import Farm
from reconciler.commands.plan import text
from reconciler.commands.screen import Screen
from reconciler.errors import PlotmanError
from reconciler.events import Event
from reconciler.execute import Outcome
from reconciler.loop import Loop, Work, wanted
from reconciler.plan import plan_facts
from reconciler.views.events import Teller

PLOTTING: tuple[Work, ...] = ("plotting",)
ARCHIVING: tuple[Work, ...] = ("archiving",)


def _kinds(_ctx: click.Context, _param: click.Parameter, value: str | None) -> frozenset[str] | None:
    """Kinds of action from ``spawn,archive``."""
    if value is None:
        return None
    kinds = frozenset(kind.strip() for kind in value.split(","))
    for kind in sorted(kinds.difference(actions.ORDER)):
        raise click.BadParameter(f"{kind!r} is no kind of action; they are {', '.join(actions.ORDER)}")
    return kinds


_OPTIONS = (
    click.option("--once", is_flag=True, help="One tick, then end."),
    click.option(
        "--until-settled", is_flag=True, help="End once nothing is under way and no hold will pass by itself."
    ),
    click.option("--dry-run", is_flag=True, help="Print what would be done; change nothing, take no lock."),
    click.option(
        "--only", metavar="KIND,..", callback=_kinds, help="Only these kinds of action: spawn,archive."
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How the loop is to run: what the options of the same names say."""

    once: bool
    until_settled: bool
    dry_run: bool
    only: frozenset[str] | None

    @property
    def given(self) -> bool:
        """Whether any of the options was."""
        return self.once or self.until_settled or self.dry_run or self.only is not None


def loop_options(function: Callable[..., int]) -> Callable[..., int]:
    """--once, --until-settled, --dry-run and --only, handed on together as `way`."""

    @functools.wraps(function)
    def gathered(
        *arguments: object,
        once: bool,
        until_settled: bool,
        dry_run: bool,
        only: frozenset[str] | None,
        **options: object,
    ) -> int:
        way = Way(once=once, until_settled=until_settled, dry_run=dry_run, only=only)
        return function(*arguments, way=way, **options)

    command: Callable[..., int] = gathered
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def run(farm: Farm, screen: Screen, works: Collection[Work], way: Way) -> int:
    """Run the loop, one tick of it, or only its plan. Raises LockHeld."""
    if way.dry_run:
        facts = farm.look()
        plan = plan_facts(facts, farm.loaded.digest)
        mine = replace(plan, actions=wanted(plan, works, way.only))
        click.echo(text(facts, mine, farm.path, screen), nl=False)
        return 0
    report = teller(farm, screen)
    source = farm.source
    loop = Loop(source, farm.world, farm.plotters, works=works, only=way.only, report=report)
    if way.once:
        with loop.locks():
            return code(loop.tick().outcomes)
    with stopping() as stop:
        loop.run(stop, until_settled=way.until_settled)
    return 0


def teller(farm: Farm, screen: Screen) -> Callable[[Event], None]:
    """Prints events as they happen. Once nobody reads them any more it is silent: the loop goes on."""
    machine = farm.world.machine
    lines = Teller(farm.loaded.spec, screen.symbols, machine.now().at, machine.utc_offset())
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
        # Not by way of sys.stderr, which may be in the middle of a write of its own.
        with suppress(OSError):
            os.write(2, b"ending after this tick; the jobs run on\n")

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
