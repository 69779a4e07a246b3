"""The loop on the command line: its events as lines, and to all else that listens."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager, nullcontext, suppress
from dataclasses import replace

import click

from reconciler import actions, record
from reconciler.commands.codes import code
from reconciler.commands.context import PATIENCE, Farm
from reconciler.commands.notifying import notifying
from reconciler.commands.plan import text
from reconciler.commands.screen import Screen
from reconciler.commands.serving import longest, serving
from reconciler.commands.signalled import signalled
from reconciler.commands.wakening import wakening
from reconciler.errors import UsageError
from reconciler.events import Event, Ticked, Trouble
from reconciler.loop import KINDS, Loop, Work, wanted
from reconciler.machine.manager import Manager
from reconciler.noun import noun
from reconciler.plan import plan_facts
from reconciler.record.recorder import Recorder
from reconciler.views import words
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


def address(_ctx: click.Context, _param: click.Parameter, value: str | None) -> tuple[str, int] | None:
    """Host and port of ``127.0.0.1:9773`` or ``[::1]:9773``."""
    if value is None:
        return None
    host, _, port = value.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not host or not (port.isascii() and port.isdigit() and 0 < int(port) < 1 << 16):
        raise click.BadParameter(f"{value!r} is no address; write one such as 127.0.0.1:9773")
    return host, int(port)


_OPTIONS = (
    click.option("--once", is_flag=True, help="One tick, then end."),
    click.option(
        "--until-settled", is_flag=True, help="End once nothing is under way and no hold will pass by itself."
    ),
    click.option("--dry-run", is_flag=True, help="Print what would be done; change nothing, take no lock."),
    click.option(
        "--only", metavar="KIND,..", callback=_kinds, help="Only these kinds of action: spawn,archive."
    ),
    click.option(
        "--metrics",
        metavar="ADDRESS:PORT",
        callback=address,
        help="Serve metrics to Prometheus there: 127.0.0.1:9773.",
    ),
    click.option(
        "--metrics-textfile",
        metavar="FILE",
        help="Write them there each tick, for node_exporter: plotman.prom.",
    ),
    click.option(
        "--publish-observation",
        metavar="FILE",
        help="Write all that is seen there once a minute, for `plan --observed`: snapshots/h07.json.",
    ),
)


@noun(kw_only=True)
class Way:
    """How the loop is to run: what the options of the same names say. manager: whom to tell how it does."""

    once: bool
    until_settled: bool
    dry_run: bool
    only: frozenset[str] | None
    metrics: tuple[str, int] | None
    metrics_textfile: str | None
    publish_observation: str | None
    manager: Manager | None

    @property
    def metered(self) -> bool:
        """Whether metrics are to be published."""
        return self.metrics is not None or self.metrics_textfile is not None

    @property
    def publishes(self) -> bool:
        """Whether what is seen is to be published."""
        return self.publish_observation is not None

    @property
    def patience(self) -> float:
        """Seconds that farmers have for their first answer: a loop that goes on has none."""
        return PATIENCE if self.once or self.until_settled or self.dry_run else 0.0

    @property
    def given(self) -> bool:
        """Whether any of the options was."""
        options = (self.once, self.until_settled, self.dry_run, self.only is not None, self.publishes)
        return self.metered or any(options)


def loop_options(function: Callable[..., int]) -> Callable[..., int]:
    """The options above, handed on together as `way`. Raises UsageError for those that exclude each other."""

    @functools.wraps(function)
    def gathered(
        *arguments: object,
        once: bool,
        until_settled: bool,
        dry_run: bool,
        only: frozenset[str] | None,
        metrics: tuple[str, int] | None,
        metrics_textfile: str | None,
        publish_observation: str | None,
        **options: object,
    ) -> int:
        way = Way(
            once=once,
            until_settled=until_settled,
            dry_run=dry_run,
            only=only,
            metrics=metrics,
            metrics_textfile=metrics_textfile,
            publish_observation=publish_observation,
            # Before anything is started that could inherit it.
            manager=Manager.of(os.environ, os.getpid()),
        )
        if way.metered and dry_run:
            raise UsageError("--dry-run counts nothing; leave --metrics and --metrics-textfile out")
        if metrics is not None and once:
            raise UsageError("--metrics serves while the loop runs; with --once use --metrics-textfile")
        if way.publishes and dry_run:
            raise UsageError("--dry-run writes nothing; leave --publish-observation out")
        for option, file in (
            ("--metrics-textfile", metrics_textfile),
            ("--publish-observation", publish_observation),
        ):
            if file == "":
                raise UsageError(f"{option} has an empty name; name a file")
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
    source = farm.source
    with closing(source), _listeners(farm, screen, works, way) as report:
        loop = Loop(source, farm.world, farm.plotters, works=works, only=way.only, report=report)
        if way.once:
            with loop.locks():
                ticked = loop.tick()
                return code(ticked.outcomes, _held(ticked, works, way.only))
        with _door(farm), signalled(source.hurry) as ended:
            loop.run(ended, until_settled=way.until_settled, longest=longest(way.manager))
        return 0


def _door(farm: Farm) -> AbstractContextManager[None]:
    """What lets a repository's server in, where the source document wants it. Raises PlotmanError for a taken port."""
    if farm.setting is None or farm.setting.webhook is None:
        return nullcontext()
    from reconciler.sources.webhook import listening

    return listening(farm.setting.webhook, farm.source.hurry)


@contextmanager
def _listeners(
    farm: Farm, screen: Screen, works: Collection[Work], way: Way
) -> Iterator[Callable[[Event], None]]:
    """All that a loop's events go to. Raises PlotmanError where the address for metrics cannot be had."""
    others = [_printer(farm, screen)]

    def tell(event: Event) -> None:
        for hear in others:
            hear(event)

    # A trouble of the record's own goes to all but the record.
    recorder = recorder_of(farm, tell)

    def report(event: Event) -> None:
        tell(event)
        recorder.hear(event)

    with ExitStack() as stack:
        if way.metered:
            from reconciler.commands.metering import metering

            others.append(stack.enter_context(metering(farm, way.metrics, way.metrics_textfile, report)))
        if way.publish_observation is not None:
            from reconciler.commands.publishing import publishing

            others.append(stack.enter_context(publishing(way.publish_observation, report)))
        if not way.once:
            # One tick has nothing before it, so that nothing is news.
            others.append(stack.enter_context(notifying(farm, works, report)))
            others.append(stack.enter_context(wakening(farm, works)))
        if way.manager is not None:
            others.append(stack.enter_context(serving(way.manager)))
        yield report


def teller(farm: Farm, screen: Screen) -> Callable[[Event], None]:
    """Prints events as they happen, and adds them to the record."""
    show = _printer(farm, screen)
    recorder = recorder_of(farm, show)

    def report(event: Event) -> None:
        show(event)
        recorder.hear(event)

    return report


def recorder_of(farm: Farm, tell: Callable[[Trouble], None]) -> Recorder:
    """What keeps this farm's record. tell: where a trouble of the record's own goes."""
    machine = farm.world.machine
    return Recorder(record.path_of(farm.logs), lambda: machine.now().at, words.clean, tell)


def _printer(farm: Farm, screen: Screen) -> Callable[[Event], None]:
    """Prints events. Where nobody reads them any more, or a disk is full, the loop goes on in silence."""
    machine = farm.world.machine
    lines = Teller(farm.loaded.spec, screen.symbols, machine.now().at, machine.utc_offset())

    def report(event: Event) -> None:
        for line in lines.tell(event):
            # Each line anew: a disk that is full now may have room for the next.
            with suppress(OSError):
                click.echo(line)

    return report


def _held(ticked: Ticked, works: Collection[Work], only: Collection[str] | None) -> Iterator[str]:
    """What held back something that such a loop would have done, by name."""
    kinds = {kind for work in works for kind in KINDS[work]}
    yield from (
        hold.rule for hold in ticked.plan.holds if hold.kind in kinds and (not only or hold.kind in only)
    )
    source = ticked.facts.seen.source
    if source is not None and source.obstacle is not None:
        yield source.obstacle
