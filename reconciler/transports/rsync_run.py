"""Running rsync on this machine: what it prints while it copies, and what its end means."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence

from reconciler.errand import Errand
from reconciler.remote import tool
from reconciler.remote.ran import Ran
from reconciler.transports.contract import Report, Step
from reconciler.transports.failure import (
    Away,
    Broken,
    Failure,
    Login,
    Missing,
    Refused,
    Silent,
    Stuck,
    Tool,
    Unreadable,
)
from reconciler.transports.source import Source
from reconciler.transports.words import SIGNS, SSH, last_words, meaning

LINK_SILENT = 300
"""Seconds without a sign from the other rsync after which each of the two ends."""

STANDSTILL = 600.0
"""Seconds without a byte copied after which our own rsync is ended: the disk there may hang, with the link alive."""

SLOWEST = 100_000
"""Bytes a second below which a copy is given up in the end, whatever moves."""

PROGRESS = ("--info=progress2", "--no-human-readable", "--outbuf=L")

EXITS: Mapping[int, type[Failure]] = {
    1: Tool,  # usage
    2: Tool,  # protocol
    4: Tool,  # not supported
    5: Away,  # the daemon refuses to begin
    6: Tool,
    10: Away,  # socket
    12: Away,  # protocol stream: the link broke
    14: Tool,  # pipes of its own
    24: Unreadable,  # source vanished
    30: Silent,
    35: Silent,
    126: Tool,
    127: Tool,
}
"""rsync(1), EXIT VALUES; those that are missing mean what the words say."""

DAEMON: tuple[tuple[str, type[Failure]], ...] = (
    ("auth failed", Login),
    ("password", Login),
    ("Unknown module", Missing),
    ("chdir failed", Missing),
    ("module is read only", Refused),
)
"""What a daemon says where it refuses to begin."""

_DONE = re.compile(r"\s*(\d+)\s+\d+%")
# What the sender says of the link to its receiver is no fault of the source.
_AT_SOURCE = re.compile(
    r"\[sender\](?!.*(?:write error|Broken pipe|Connection reset))"
    r"|send_files failed|read errors mapping|link_stat .* failed"
)
_SUMMARY = re.compile(r"rsync error: |rsync: connection unexpectedly closed")
_WILD = re.compile(r"[*?\[]")


class Copying:
    """Runs rsync for one errand, and reports how far it gets. step: called at each of its signs of life."""

    def __init__(self, errand: Errand, report: Report, step: Step) -> None:
        self._errand = errand
        self._report = report
        self._step = step
        self._done = 0
        self._moved = 0.0
        self._said: list[str] = []

    def run(self, source: Source, to: str, *options: str) -> Sequence[str]:
        """Copy the source there; the lines that rsync prints beside its progress, which are few however long it takes.

        to: as rsync writes it. Raises Failure, FarmerError.

        The child inherits the source's lock: should the mover be killed, it keeps others away while it still copies.
        """
        way = self._errand.way
        limit = (f"--bwlimit={max(1, way.bandwidth // 1024)}",) if way.bandwidth is not None else ()
        argv = (
            way.executable,
            *PROGRESS,
            f"--timeout={LINK_SILENT}",
            *limit,
            *options,
            "--",
            source.path,
            to,
        )
        self._done, self._moved, self._said = 0, time.monotonic(), []
        ran = tool.run(
            argv,
            deadline=STANDSTILL + source.bytes / SLOWEST,
            line=self._heard,
            waiting=self._check,
            keep=(source.descriptor,),
        )
        check(self._errand, ran)
        return self._said

    def _heard(self, line: str) -> None:
        if found := _DONE.match(line):
            done = int(found[1])
            if done != self._done:
                self._done, self._moved = done, time.monotonic()
            self._step("copied-some")
            self._report(done)
        else:
            self._said.append(line)

    def _check(self) -> None:
        self._report(self._done)
        if time.monotonic() - self._moved > STANDSTILL:
            raise Stuck(f"{self._errand.disk}: no byte was copied for {STANDSTILL:.0f} s, after {self._done}")


def check(errand: Errand, ran: Ran) -> None:
    """Raises the failure that an end of rsync means, in its own last words."""
    if ran.code != 0:
        raise kind_of(ran.code, ran.err)(f"{errand.farmer}: rsync ended with {ran.code}: {_told(ran.err)}")


def kind_of(code: int, words: str) -> type[Failure]:
    """What an exit code of rsync means; codes that are used for many things mean what the words say."""
    if code == 255:
        return meaning(words, SSH, Away)
    if code < 0:  # ended by a signal
        return Broken
    there = "\n".join(line for line in words.splitlines() if not _AT_SOURCE.search(line))
    # A full or failing disk ends the other rsync, and ours may see only the broken link.
    if (kind := meaning(there, DAEMON + SIGNS)) is not Broken:
        return kind
    if code not in EXITS and there != words and there.strip():
        return Unreadable if _only_summary(there) else Broken
    return EXITS.get(code, Broken)


def literal(path: str) -> str:
    """A path in which the other rsync, which expands wildcards also in a target, finds none."""
    return re.sub(r"([\\*?\[\]])", r"\\\1", path) if _WILD.search(path) else path


def _only_summary(words: str) -> bool:
    return all(_SUMMARY.match(line) for line in words.splitlines() if line.strip())


def _told(words: str) -> str:
    """Its last words that are no summary, where there are some."""
    told = "\n".join(line for line in words.splitlines() if not _SUMMARY.match(line))
    return last_words(told if told.strip() else words)
