"""The real feed on a real farm: it runs the loop or watches it, and passes wishes on; it holds nobody up."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from reconciler import journal
from reconciler.commands.context import Farm
from reconciler.dashboard.feed import LiveFeed
from reconciler.dashboard.snapshot import Asked, Snapshot
from reconciler.dashboard.tail import Tail
from reconciler.machine import LocalMachine, LocalWorld
from reconciler.state import Job
from tests.commands import conftest
from tests.commands.conftest import Scratch, wait_for

plotman, scratch, loop = conftest.plotman, conftest.scratch, conftest.loop


@contextmanager
def looking(scratch: Scratch, *, watching: bool = False) -> Iterator[LiveFeed]:
    farm = Farm.open(str(scratch.spec))
    feed = LiveFeed(lambda: farm.source, farm.plotters, lambda: LocalWorld(LocalMachine()), watching=watching)
    feed.start()
    try:
        yield feed
    finally:
        assert feed.close(conftest.DEADLINE)
        assert feed.failure is None


def newest(feed: LiveFeed) -> Snapshot:
    wait_for(lambda: feed.newest() is not None)
    snapshot = feed.newest()
    assert snapshot is not None
    return snapshot


def jobs(feed: LiveFeed) -> tuple[Job, ...]:
    return newest(feed).facts.all_jobs


def holder(scratch: Scratch) -> str | None:
    return LocalMachine().holder(journal.lock_path(str(scratch.root / "logs"), "plotting"))


def test_it_runs_a_loop_of_its_own_and_quitting_leaves_the_job(scratch: Scratch) -> None:
    with looking(scratch) as feed:
        wait_for(lambda: [job.health for job in jobs(feed)] == ["running"])
        assert newest(feed).here
        wait_for(lambda: [entry.kind for entry in newest(feed).entries] == ["spawn"])
        (job,) = jobs(feed)
        feed.ask(Asked("suspend", job))
        wait_for(lambda: jobs(feed)[0].run == "suspended")
        feed.ask(Asked("resume", jobs(feed)[0]))
        wait_for(lambda: jobs(feed)[0].run == "running")
        feed.ask(Asked("pause", "plotting"))
        wait_for(lambda: newest(feed).facts.pause("plotting") is not None)
        feed.ask(Asked("kill", jobs(feed)[0]))
        wait_for(lambda: jobs(feed) == ())
        feed.ask(Asked("unpause", "plotting"))
        wait_for(lambda: len(jobs(feed)) == 1)
        assert not any(note.bad for note in feed.said())
    assert holder(scratch) is None
    assert len(scratch.ids()) == 1


def test_it_watches_the_running_loop_and_tells_it_what_is_wanted(
    scratch: Scratch, loop: subprocess.Popen[str]
) -> None:
    with looking(scratch) as feed:
        wait_for(lambda: [job.health for job in jobs(feed)] == ["running"])
        assert not newest(feed).here
        assert f"pid {loop.pid}" in f"{newest(feed).holders['plotting']}"
        feed.ask(Asked("suspend", jobs(feed)[0]))
        wait_for(lambda: jobs(feed)[0].run == "suspended")
        wait_for(lambda: any(entry.kind == "suspend" for entry in newest(feed).entries))
    assert f"pid {loop.pid}" in f"{holder(scratch)}"


def test_who_only_watches_takes_no_lock_and_starts_nothing(scratch: Scratch) -> None:
    with looking(scratch, watching=True) as feed:
        assert not newest(feed).here
        assert newest(feed).holders == {"plotting": None, "archiving": None}
        assert newest(feed).plan.actions
        assert holder(scratch) is None
        feed.ask(Asked("pause", "archiving"))
        wait_for(lambda: any("no loop runs" in note.text for note in feed.said()))
    assert scratch.ids() == []


def test_a_feed_that_hangs_holds_neither_its_caller_nor_its_end(scratch: Scratch) -> None:
    hanging, asked = threading.Event(), threading.Event()

    class Hangs(LocalMachine):
        def survey(self, asks: object) -> dict[str, object]:  # type: ignore[override]
            asked.set()
            hanging.wait()
            return {}

    farm = Farm.open(str(scratch.spec))
    feed = LiveFeed(lambda: farm.source, farm.plotters, lambda: LocalWorld(Hangs()), watching=True)
    feed.start()
    assert asked.wait(conftest.DEADLINE)
    assert feed.newest() is None
    assert feed.said() == ()
    feed.ask(Asked("pause", "plotting"))
    feed.stop()
    assert feed.newest() is None
    hanging.set()
    assert feed.close(conftest.DEADLINE)


def test_a_failure_is_told(scratch: Scratch) -> None:
    class Broken(LocalMachine):
        def survey(self, asks: object) -> dict[str, object]:  # type: ignore[override]
            raise ZeroDivisionError("broken on purpose")

    farm = Farm.open(str(scratch.spec))
    feed = LiveFeed(lambda: farm.source, farm.plotters, lambda: LocalWorld(Broken()), watching=True)
    feed.start()
    wait_for(lambda: feed.failure is not None)
    assert any("broken on purpose" in note.text for note in feed.said())


def test_a_tail_shows_the_end_and_what_comes(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    key = "ab" * 48
    log.write_text("".join(f"line {n}\n" for n in range(50_000)) + f"key {key}\nhalf")
    tail = Tail(str(log), LocalMachine)
    try:
        wait_for(lambda: tail.lines()[-1:] == (f"key {key[:10]}...",))
        assert tail.lines()[-2] == "line 49999"
        with log.open("a") as file:
            file.write(" and half\n")
        wait_for(lambda: tail.lines()[-1] == "half and half")
    finally:
        tail.close()
