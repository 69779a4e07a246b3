"""What listens to a loop and keeps the record."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from typing import TypeAlias

from reconciler.events import Event, Planned, Trouble
from reconciler.execute import Outcome
from reconciler.leaves import Leaf
from reconciler.observation import Condition
from reconciler.record import Entry, What, append, lines, parse
from reconciler.revision import Revisions

Key: TypeAlias = tuple[str, str]
"""A condition's type and subject."""


class Recorder:
    """Listens to a loop and writes down what is worth it. It never raises; what cannot be written is dropped.

    clock: the wall clock. clean: makes text fit to be kept, without secrets.
    tell: where a Trouble of the record's own goes, once until it changes.
    """

    def __init__(
        self,
        path: str,
        clock: Callable[[], float],
        clean: Callable[[str], str],
        tell: Callable[[Trouble], None],
    ) -> None:
        self._path = path
        self._clock = clock
        self._clean = clean
        self._tell = tell
        self._tick: float | None = None
        self._conditions: frozenset[Key] | None = None
        self._commit: str | None = None
        self._dropped = 0

    def hear(self, event: Event) -> None:
        """Write down what this event tells, if anything."""
        match event:
            case Planned():
                self._tick = event.facts.now.at
                self._write([*self._revision(event.facts.seen.source), *self._changes(event.plan.conditions)])
            case Outcome():
                self._write([self._outcome(event)])
            case Trouble():
                self._write([self._entry("trouble", "loop", "", "told", event.text)])

    def _outcome(self, outcome: Outcome) -> Entry:
        action = outcome.action
        return Entry(
            at=self._clock(),
            tick=self._tick,
            what="action",
            kind=action.kind,
            subject=action.subject,
            result=outcome.result,
            text=self._fit(outcome.text),
            why=tuple(map(self._fit, action.why)),
            old=_plain(action.old),
            new=_plain(action.new),
        )

    def _revision(self, source: Revisions | None) -> list[Entry]:
        """A revision that has come into force, as far as the record does not know it yet."""
        if source is None or source.applied is None or source.applied.commit == self._commit:
            return []
        self._commit = source.applied.commit
        text = f"{source.applied.ref}@{source.applied.commit}" + (
            f", signed by {source.applied.signer}" if source.applied.signer is not None else ""
        )
        entry = self._entry("revision", "spec", source.source, "in force", text)
        known = self._last_revision()
        return (
            []
            if known is not None and (known.subject, known.text) == (entry.subject, entry.text)
            else [entry]
        )

    def _last_revision(self) -> Entry | None:
        """The newest revision that the record tells of."""
        found = None
        with suppress(OSError):
            for line in (line for line in lines(self._path) if b'"what":"revision"' in line):
                found = parse(line) or found
        return found

    def _changes(self, conditions: Sequence[Condition]) -> list[Entry]:
        """Conditions that have come or gone: since the last tick, and as far as the record does not know it yet.

        So what lasts is told once, also where the loop was started anew or another one runs beside it.
        """
        now = {(each.type, each.subject): each for each in conditions}
        if self._conditions == now.keys():
            return []
        self._conditions = frozenset(now)
        stood = self._standing()
        come = [each for key, each in now.items() if key not in stood]
        gone = [entry for key, entry in stood.items() if key not in now]
        return [
            *(self._entry("condition", each.type, each.subject, "appeared", each.message) for each in come),
            *(self._entry("condition", entry.kind, entry.subject, "gone", entry.text) for entry in gone),
        ]

    def _standing(self) -> Mapping[Key, Entry]:
        """Conditions that have appeared and not gone, as the record tells."""
        stood: dict[Key, Entry] = {}
        with suppress(OSError):
            # Most lines are actions, and taking those apart would cost a tick too much.
            for line in (line for line in lines(self._path) if b'"what":"condition"' in line):
                entry = parse(line)
                if entry is not None and entry.what == "condition":
                    stood.pop((entry.kind, entry.subject), None)
                    if entry.result == "appeared":
                        stood[entry.kind, entry.subject] = entry
        return stood

    def _entry(self, what: What, kind: str, subject: str, result: str, text: str) -> Entry:
        return Entry(
            at=self._clock(), tick=self._tick, what=what, kind=kind, subject=subject, result=result,
            text=self._fit(text),
        )  # fmt: skip

    def _fit(self, text: str) -> str:
        return "\n".join(map(self._clean, text.splitlines()))

    def _write(self, entries: Sequence[Entry]) -> None:
        if not entries:
            return
        try:
            append(self._path, entries)
        except OSError as error:
            if not self._dropped:
                why = (error.strerror or str(error)).lower()
                self._tell(Trouble(f"{self._path} cannot be written: {why}; what happens goes unrecorded"))
            self._dropped += len(entries)
        else:
            if self._dropped:
                self._tell(Trouble(f"{self._path} is written again; {self._dropped} entries are missing"))
            self._dropped = 0


def _plain(leaf: Leaf | None) -> Mapping[str, object] | None:
    return None if leaf is None else asdict(leaf)
