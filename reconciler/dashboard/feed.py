"""Looking at the farm for the screen, really; on threads of its own, so that none waits for another.

The worker runs a loop where nobody else does. The watcher looks, whoever runs the loop. The measurer asks for the size
of temporary files, slowly. The clerk writes wishes down. Each has a machine of its own.
"""

from __future__ import annotations

import gc
import os
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from queue import SimpleQueue
from typing import TYPE_CHECKING

from reconciler import bell, journal, overrides, record, wishes
from reconciler.dashboard.snapshot import Asked, Note, Snapshot
from reconciler.dashboard.tail import Tail
from reconciler.desire import desire
from reconciler.errors import LockHeld, PlotmanError
from reconciler.events import Event, Ticked, Trouble
from reconciler.execute import Outcome
from reconciler.facts import Facts
from reconciler.loop import KINDS, Loop, pause
from reconciler.observe import Observer
from reconciler.plan import plan_facts
from reconciler.record.recorder import Recorder
from reconciler.state import Job
from reconciler.views import status, words
from reconciler.world import World

if TYPE_CHECKING:
    from reconciler.plotters import Plotters
    from reconciler.sources import Source
    from reconciler.spec.models import Spec

LOOK = 5.0
"""Seconds between two looks at most."""
HEARD = 0.5
"""Seconds that a loop is given to do what it was asked, before the next look."""
MEASURE, SHARE = 60.0, 20.0
"""Seconds between two measurements of temporary files at least; and so many times what one takes."""
ENTRIES = 200
"""Entries of the record that are shown."""


class LiveFeed:
    """`Feed`, really. source, world: make one for each thread that needs it.

    watching: never run a loop, never take a lock. listen: hears what its own loop tells, beside the record.
    failure: what has ended the loop or the looking; None: nothing has.
    """

    def __init__(
        self,
        source: Callable[[], Source],
        plotters: Plotters,
        world: Callable[[], World],
        *,
        watching: bool = False,
        listen: Callable[[Event], None] = lambda _event: None,
    ) -> None:
        self._source = source
        self._plotters = plotters
        self._world = world
        self._listen = listen
        self._logs = source().current().spec.directories.logs.path
        self._stopping = threading.Event()
        self._due = threading.Event()
        self._newest: Snapshot | None = None
        self._ticked: Ticked | None = None
        self._tick_at = 0.0
        self._temps: Mapping[str, int] = {}
        self._notes: SimpleQueue[Note] = SimpleQueue()
        self._wishes: SimpleQueue[Asked] = SimpleQueue()
        self._troubles: dict[str, str] = {}
        self._read: tuple[object, tuple[record.Entry, ...]] = (None, ())
        self._worker = None if watching else self._thread(self._work)
        self._others = [self._thread(work) for work in (self._watch, self._measure, self._clerk)]
        self.failure: Exception | None = None

    def _thread(self, work: Callable[[], None]) -> threading.Thread:
        def run() -> None:
            try:
                work()
            except Exception as error:  # a screen that stands still must say so, whatever the reason
                self.failure = error
                self._notes.put(
                    Note(f"{work.__name__.strip('_')} has ended: {error!r}; quit to see more", bad=True)
                )

        return threading.Thread(target=run, name=f"dashboard{work.__name__}", daemon=True)

    # the screen's side

    def start(self) -> None:
        """Begin to look."""
        for thread in (self._worker, *self._others):
            if thread is not None:
                thread.start()

    def stop(self) -> None:
        """Look no more; a loop ends after its tick."""
        self._stopping.set()
        self._due.set()
        bell.ring(journal.wake_path(self._logs, "plotting"))

    def close(self, seconds: float) -> bool:
        """Stop, and wait for the loop to end; has it?"""
        self.stop()
        if self._worker is None or self._worker.ident is None:
            return True
        self._worker.join(seconds)
        return not self._worker.is_alive()

    def newest(self) -> Snapshot | None:
        """The last look."""
        return self._newest

    def said(self) -> tuple[Note, ...]:
        """What there is to tell."""
        return tuple(self._notes.get() for _ in range(self._notes.qsize()))

    def ask(self, asked: Asked) -> None:
        """Write a wish down, soon."""
        self._wishes.put(asked)

    def follow(self, path: str) -> Tail:
        """A log's lines."""
        return Tail(path, lambda: self._world().machine)

    def tell(self, trouble: Event) -> None:
        """Tell the person at the screen of a trouble."""
        if isinstance(trouble, Trouble):
            self._troubles.pop(trouble.about, None)
            if trouble.about != "loop" and not trouble.over:
                self._troubles[trouble.about] = trouble.text
            self._notes.put(Note(words.clean(trouble.text.partition("\n")[0]), bad=not trouble.over))

    # the worker

    def _work(self) -> None:
        world = self._world()
        machine = world.machine
        recorder = Recorder(record.path_of(self._logs), lambda: machine.now().at, words.clean, self.tell)

        def hear(event: Event) -> None:
            recorder.hear(event)
            self._listen(event)
            match event:
                case Ticked():
                    self._ticked, self._tick_at = event, time.monotonic() + pause(event)
                    self._due.set()
                case Trouble():
                    self.tell(event)
                case Outcome(result="failed"):
                    self._notes.put(Note(words.clean(event.text), bad=True))

        try:
            Loop(self._source(), world, self._plotters, report=hear).run(self._stopping.is_set)
        except LockHeld:
            return  # somebody else does it, and there is that to watch
        finally:
            self._ticked = None
            self._due.set()

    # the watcher

    def _watch(self) -> None:
        world, source = self._world(), self._source()
        observer = Observer(world, self._plotters)
        if self._worker is not None:
            self._due.wait(LOOK)  # until it has ticked, or found that somebody else does
        settled = False
        while not self._stopping.is_set():
            loaded = source.current()
            facts = self._facts(observer, loaded.spec)
            seconds = min(LOOK, loaded.spec.scheduling.tick)
            here = self._ticked is not None
            self._newest = Snapshot(
                facts=facts,
                plan=plan_facts(facts, loaded.digest),
                wish=desire(facts),
                usage=world.machine.usage([job.ident for job in facts.all_jobs if job.ident is not None]),
                temps=self._temps,
                entries=self._entries(),
                here=here,
                holders={
                    work: None if here else world.machine.holder(journal.lock_path(self._logs, work))
                    for work in KINDS
                },
                next_in=self._tick_at - time.monotonic() if here else seconds,
                trouble=next(iter(self._troubles.values()), "") if here else source.problem() or "",
            )
            if not settled:
                # All is loaded by now. Were the collector to go through it again and again, keys would wait for that.
                gc.collect()
                gc.freeze()
                settled = True
            if self._due.wait(seconds):
                self._due.clear()
                self._stopping.wait(HEARD)

    def _facts(self, observer: Observer, spec: Spec) -> Facts:
        """One look. What the loop in here has heard of the farmers is not asked twice."""
        ticked = self._ticked
        if ticked is None:
            return Facts(spec, observer.look(spec), self._plotters)
        seen = observer.look(_without_farmers(spec))
        return Facts(spec, replace(seen, farmers=ticked.facts.seen.farmers), self._plotters)

    def _entries(self) -> tuple[record.Entry, ...]:
        """The end of the record, read again where it has changed."""
        path = record.path_of(self._logs)
        with suppress(OSError):
            stat = os.stat(path)
            mark = stat.st_ino, stat.st_size
            if mark != self._read[0]:
                self._read = mark, record.last(path, ENTRIES)
        return self._read[1]

    # the measurer

    def _measure(self) -> None:
        observer = Observer(self._world(), self._plotters)
        seconds = 1.0
        while not self._stopping.wait(seconds):
            newest = self._newest
            if newest is None:
                continue
            spec = _without_farmers(newest.facts.spec)
            begun = time.monotonic()
            rows = status.rows(Facts(spec, observer.look(spec, temps=True), self._plotters), {})
            self._temps = {row.job_id: row.tmp_bytes for row in rows if row.tmp_bytes is not None}
            seconds = max(MEASURE, SHARE * (time.monotonic() - begun))

    # the clerk

    def _clerk(self) -> None:
        machine = self._world().machine
        while True:
            asked = self._wishes.get()
            try:
                match asked.target:
                    case Job() as job:
                        if asked.act in ("suspend", "resume", "kill"):
                            wishes.steer(machine, self._logs, asked.act, job)
                    case work:
                        if asked.act == "pause":
                            wishes.write(machine, self._logs, "pause", work)
                        else:
                            overrides.withdraw(machine, self._logs, "pause", work)
                heard = wishes.ring(machine, self._logs)
                self._notes.put(Note(_said(asked, heard), bad=not heard))
            except PlotmanError as error:
                self._notes.put(Note(str(error), bad=True))
            self._due.set()


def _without_farmers(spec: Spec) -> Spec:
    return replace(spec, archive=())


def _said(asked: Asked, heard: bool) -> str:
    target = f"job {words.job_id(asked.target)}" if isinstance(asked.target, Job) else asked.target
    later = "" if heard else "; no loop runs, so it waits until one does"
    return f"{asked.act} {target}: asked{later}"
