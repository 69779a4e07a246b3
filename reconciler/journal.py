"""The log directory as the journal: names, first lines and folders. Pure; others read and write.

A job's log is ``TIME.ID.plot.log``, a transfer's ``TIME.ID.move.log``, a removal's ``TIME.ID.retire.log``, TIME
being UTC as ``20260102T030405`` and ID 12 hex digits. What the loop itself deletes leaves a log of one line, too,
``TIME.ID.kill.log`` or ``TIME.ID.clean.log``. The first line of each is its record, in JSON. A job's notes are
``ID.suspended`` and ``ID.killed``, written before the signal that they explain. Locks, overrides and the wake
socket lie in ``state/``; settled logs move into a folder a month, ``2026-01/``.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Literal, TypeAlias, get_args

from reconciler.noun import noun
from reconciler.state import Instant

Kind: TypeAlias = Literal["plot", "move", "retire", "kill", "clean"]
Scalar: TypeAlias = str | int | float | bool | None

NEVER = 253402300800.0
"""Wall clock from which on no date can be told: that of the year 10000."""

_LOG = re.compile(
    r"(?P<time>\d{8}T\d{6})\.(?P<id>[0-9a-f]{12})\.(?P<kind>plot|move|retire|kill|clean)\.log", re.ASCII
)
_KINDS: Mapping[str, Kind] = {kind: kind for kind in get_args(Kind)}
_NOTE = re.compile(r"(?P<id>[0-9a-f]{12})\.(?P<what>suspended|killed)")


@noun
class LogName:
    """A log's name, taken apart. time: UTC, sortable as text."""

    time: str
    id: str
    kind: Kind


@noun(kw_only=True)
class Record:
    """What was started where: the first line of a log. body: what depends on the kind, flat."""

    id: str
    kind: Kind
    host: str
    when: Instant
    body: Mapping[str, Scalar]

    def line(self) -> bytes:
        """The record as it is written, without the line's end."""
        document = {
            "plotman": 1,
            "kind": self.kind,
            "id": self.id,
            "host": self.host,
            "at": self.when.at,
            "up": self.when.up,
            "boot": self.when.boot,
            **self.body,
        }
        return json.dumps(document, separators=(",", ":")).encode()


def is_job_id(name: str) -> bool:
    """Is this what jobs and transfers are called?"""
    return re.fullmatch(r"[0-9a-f]{12}", name) is not None


def new_id(host: str, now: Instant, subject: str) -> str:
    """12 hex digits for what begins here and now with that subject."""
    told = "\0".join((host, now.boot, f"{now.at:.6f}", f"{now.up:.6f}", subject))
    return hashlib.sha256(told.encode()).hexdigest()[:12]


def log_name(at: float, job_id: str, kind: Kind) -> str:
    """The name of a new log; at: wall clock."""
    stamp = datetime.fromtimestamp(at, UTC).strftime("%Y%m%dT%H%M%S")
    return f"{stamp}.{job_id}.{kind}.log"


def parse_log_name(name: str) -> LogName | None:
    """What a file name in the log directory says; None for what is no log of ours."""
    match = _LOG.fullmatch(name)
    if match is None or not _is_time(match["time"]):
        return None
    return LogName(match["time"], match["id"], _KINDS[match["kind"]])


def parse_note_name(name: str) -> tuple[str, Literal["suspended", "killed"]] | None:
    """(job id, what it notes) of a note's file name."""
    match = _NOTE.fullmatch(name)
    if match is None:
        return None
    return match["id"], "killed" if match["what"] == "killed" else "suspended"


def parse_record(line: bytes) -> Record | None:
    """The record that a log's first line holds; None where it is none, or not whole yet."""
    try:
        document = json.loads(line)
        known = {"plotman", "kind", "id", "host", "at", "up", "boot"}
        if not isinstance(document, dict) or document["plotman"] != 1 or document["kind"] not in _KINDS:
            return None
        body = {
            key: value
            for key, value in document.items()
            if key not in known and (value is None or isinstance(value, str | int | float | bool))
        }
        when = Instant(float(document["at"]), float(document["up"]), str(document["boot"]))
        if not (0 <= when.at < NEVER and abs(when.up) < NEVER):
            return None
        return Record(
            id=str(document["id"]), kind=document["kind"], host=str(document["host"]), when=when, body=body
        )
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return None


def _is_time(stamp: str) -> bool:
    try:
        datetime.fromisoformat(stamp)
    except ValueError:
        return False
    return True


# where things lie


def log_path(logs: str, at: float, job_id: str, kind: Kind) -> str:
    """The full path of a new log."""
    return f"{logs}/{log_name(at, job_id, kind)}"


def note_path(logs: str, job_id: str, what: Literal["suspended", "killed"]) -> str:
    """The full path of a job's note."""
    return f"{logs}/{job_id}.{what}"


def lock_path(logs: str, work: Literal["plotting", "archiving"]) -> str:
    """The lock of the one writer for this kind of work."""
    return f"{logs}/state/{work}.lock"


def wake_path(logs: str, work: Literal["plotting", "archiving"]) -> str:
    """The socket that wakes the loop which holds that lock."""
    return f"{logs}/state/{work}.wake"


def overrides_path(logs: str) -> str:
    """The folder of overrides, one file a wish."""
    return f"{logs}/state/overrides"


def shelf_path(logs: str, name: LogName, outcome: str) -> str:
    """Where a settled log moves: a folder for its month, under a name that says how it ended."""
    return f"{logs}/{name.time[:4]}-{name.time[4:6]}/{name.time}.{name.id}.{name.kind}.{outcome}.log"


def tells_a_plot(shelved: str) -> bool:
    """Is this the name of a shelved log whose job has finished its plot?"""
    return shelved.endswith(".plot.finished.log")


def parse_shelf_name(name: str) -> tuple[LogName, str] | None:
    """(log, outcome) of a shelved log's file name; None for what is none."""
    stem, _, outcome = name.removesuffix(".log").rpartition(".")
    log = parse_log_name(f"{stem}.log")
    return (log, outcome) if log is not None and name.endswith(".log") else None
