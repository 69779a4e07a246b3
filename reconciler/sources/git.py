"""The spec from a repository that is followed.

A thread fetches and judges; the loop only takes what stands. What is adopted is kept on disk, so that it goes on
while the repository is down, also after a restart.
"""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

from reconciler.bell import ring
from reconciler.errors import DocumentError, PlotmanError, Problem, SourceError, SpecError
from reconciler.revision import Revision, Revisions
from reconciler.sources import Source
from reconciler.sources.blobs import Blobs
from reconciler.sources.command import Git
from reconciler.sources.kept import Good, Load, keep_good, keep_seen
from reconciler.sources.mirror import Met, Mirror
from reconciler.sources.refusal import MirrorBroken, Refused
from reconciler.sources.setting import Setting
from reconciler.sources.signature import signer_of
from reconciler.sources.standing import Standing, restored
from reconciler.sources.waiting import Pause, pauses
from reconciler.spec.loaded import Loaded
from reconciler.spec.shrink import shrunk
from reconciler.world import Machine

DEADLINE = 2.0
"""Seconds that the first call waits for the repository where a good spec is at hand."""


class _Closed(Exception):
    """Nobody waits for this any more."""


class GitSource(Source):
    """Follows one ref of one repository."""

    def __init__(
        self,
        setting: Setting,
        load: Load,
        machine: Machine,
        *,
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        """load: reads a spec out of a revision's files. machine: writes what is kept, and gives the time.

        environment: where the address's ``${NAME}`` are looked up.
        """
        self._setting = setting
        self._load = load
        self._machine = machine
        self._state = setting.folder
        git = Git(os.path.join(self._state, "mirror.git"), setting, environment, self._unless_closed)
        self._mirror = Mirror(git, setting)
        self._standing = restored(setting, load)
        self._judged: Met | None = None
        self._pause = Pause(self._state)
        self._wake = ""
        self._looked = threading.Event()
        self._closed = False
        self._thread = threading.Thread(target=self._follow, daemon=True, name="source")

    # --- the Source, for the loop ----------------------------------------------------------------

    def current(self) -> Loaded:
        """The newest good spec. Raises SourceError while there has been none, SpecError where the first is wrong.

        The first call waits for the repository: for its whole timeout where nothing is kept, else for DEADLINE.
        """
        if self._thread.ident is None:
            self._thread.start()
            nothing = self._standing.loaded is None
            self._looked.wait(float(self._setting.timeout) + DEADLINE if nothing else DEADLINE)
        standing = self._standing
        if standing.loaded is not None:
            return standing.loaded
        why = standing.problem or "the repository has not answered yet"
        kind = SpecError if standing.revisions.obstacle == "invalid" else SourceError
        raise kind([Problem(self._setting.shown, 0, 0, "", why, "source")])

    def problem(self) -> str | None:
        """Why the newest revision is not in force."""
        return self._standing.problem

    def revisions(self) -> Revisions:
        """How far the repository is followed."""
        return self._standing.revisions

    def listen(self, wake: str) -> None:
        """From now on ring the bell at that path when there may be something new."""
        self._wake = wake

    def hurry(self) -> None:
        """Look now."""
        self._pause.hurry()

    def close(self) -> None:
        """Look no more, and end git where it is under way."""
        self._closed = True
        self._pause.hurry()

    # --- the thread ------------------------------------------------------------------------------

    def _follow(self) -> None:
        setting = self._setting
        seed = f"{self._machine.host} {setting.shown}"
        try:
            for seconds in pauses(float(setting.interval), setting.jitter, seed):
                if self._closed:
                    break
                self._look()
                self._looked.set()
                self._pause.wait(seconds)
        except _Closed:
            pass
        finally:
            self._looked.set()
            self._pause.close()

    def _look(self) -> None:
        """Fetch, judge, and let what came of it stand."""
        before = self._standing
        try:
            with self._alone():
                self._pause.hang()
                try:
                    standing = self._judge(before, self._fetched())
                except MirrorBroken:
                    # It is only a cache; what is wrong with the repository itself shows again.
                    self._mirror.discard()
                    self._judged = None
                    standing = self._judge(before, self._fetched())
                keep_seen(self._state, standing.revisions, self._machine.note)
        except (PlotmanError, OSError) as error:
            words = str(error) if isinstance(error, PlotmanError) else f"{error.strerror}: {error.filename}"
            standing = before.refused(Refused("unreachable", f"{self._state} cannot be used: {words}"))
        except _Closed:
            raise
        except Exception as error:
            # Whatever it is, it costs this look; the next one comes.
            standing = before.refused(Refused("invalid", f"it cannot be judged: {error!r}"))
        self._standing = standing
        if standing.news != before.news and self._wake:
            ring(self._wake)

    def _fetched(self) -> Met | Refused:
        try:
            return self._mirror.fetch()
        except Refused as refused:
            return refused

    def _judge(self, before: Standing, met: Met | Refused) -> Standing:
        """What stands after this look. Raises MirrorBroken, MachineError."""
        now = self._machine.now().at
        if isinstance(met, Refused):
            return (before if met.obstacle == "unreachable" else before.answered(now)).refused(met)
        setting = self._setting
        name = "commit" if setting.commit else setting.tag or setting.ref
        revision = before.met(met.commit, name, now)
        before = before.answered(now).attempting(revision)
        applied, current = before.revisions.applied, before.loaded
        if met == self._judged and applied is not None and current is not None:
            return before.adopted(applied, current)
        try:
            revision, loaded = self._admitted(revision, met, before)
        except Refused as refused:
            return before.refused(refused)
        good = Good(
            source=setting.shown,
            revision=revision,
            path=setting.path,
            text=loaded.text,
            digest=loaded.digest,
        )
        keep_good(self._state, good, self._machine.note)
        self._judged = met
        return before.adopted(revision, loaded)

    def _admitted(self, attempted: Revision, met: Met, before: Standing) -> tuple[Revision, Loaded]:
        """The revision and its spec, where it is to be followed. Raises Refused, MirrorBroken."""
        setting, commit = self._setting, met.commit
        if setting.verify is not None:
            signer = signer_of(self._mirror, met, setting.verify, setting.tag, self._state)
            attempted = replace(attempted, signer=signer)
        applied = before.revisions.applied
        if (
            applied is not None
            and applied.ref == attempted.ref
            # A commit is named on this host, and no push makes it another one.
            and setting.commit is None
            and not setting.allow_force_push
            and not self._mirror.descends(commit, applied.commit)
        ):
            words = (
                f"{attempted} does not contain {applied}, which is in force: its history was rewritten;"
                f" push a commit on top of {applied.commit[:7]}, or set allow_force_push: true"
            )
            raise Refused("rewound", words)
        try:
            loaded = self._load(Blobs(self._mirror, commit), setting.path)
        except DocumentError as error:
            raise Refused("invalid", str(error)) from None
        if before.loaded is not None and (why := shrunk(before.loaded.spec, loaded.spec)) is not None:
            raise Refused("shrunk", why)
        return attempted, loaded

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One process at a time works in the state folder: two loops may follow the same repository."""
        os.makedirs(self._state, mode=0o700, exist_ok=True)
        lock = os.open(os.path.join(self._state, "lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def _unless_closed(self) -> None:
        if self._closed:
            raise _Closed
