"""What is to be seen of processes and plots without the tool that is tested."""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PATIENCE = 300.0
"""Seconds that a condition is waited for; a busy machine may take long."""


def until(condition: Callable[[], object], seconds: float = PATIENCE) -> None:
    """Wait for the condition; fail when it does not come true in time."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "did not come true in time"
        time.sleep(0.01)


@dataclass(frozen=True)
class Running:
    """A process whose output goes to one of the farm's logs. body: the record in the log's first line."""

    pid: int
    log: str
    body: Mapping[str, Any]


@dataclass
class Most:
    """The most that was ever seen at once: who looks may miss some. tmps: jobs by tmp; disks, sources: transfers."""

    jobs: int = 0
    transfers: int = 0
    tmps: Counter[str] = field(default_factory=Counter)
    disks: Counter[str] = field(default_factory=Counter)
    sources: Counter[str] = field(default_factory=Counter)
    logs: set[str] = field(default_factory=set)

    def see(self, jobs: Sequence[Running], moves: Sequence[Running]) -> None:
        self.jobs = max(self.jobs, len(jobs))
        self.transfers = max(self.transfers, len(moves))
        self.tmps |= Counter(str(job.body["tmp"]) for job in jobs)
        self.disks |= Counter(str(move.body["disk"]) for move in moves)
        self.sources |= Counter(str(move.body["source"]) for move in moves)
        self.logs |= {job.log for job in jobs}


def whole(plot: Path) -> bool:
    """Does this plot hold proofs, by the reference prover and verifier?"""
    from chiapos import DiskProver, Verifier

    prover = DiskProver(str(plot))
    proofs = 0
    for number in range(20):
        challenge = bytes([number]) * 32
        for index in range(len(prover.get_qualities_for_challenge(challenge))):
            try:
                proof = prover.get_full_proof(challenge, index)
            except ValueError as error:
                if not _misread(error):
                    raise
                continue
            if not Verifier().validate_proof(prover.get_id(), prover.get_size(), challenge, proof):
                return False
            proofs += 1
    return proofs > 0


def _misread(error: ValueError) -> bool:
    """Is it the prover's own fault?

    Where few entries are left for the last park of a small plot, their differences are not compressed, which a bit
    of their size says; the prover takes it for a part of the number (chiapos, issue 352).
    """
    size = str(error).removeprefix("Invalid size for deltas: ")
    return size.isdecimal() and bool(int(size) & 0x8000)


def shown(pid: int, word: str) -> None:
    """Wait until a process shows its arguments: for an instant after its exec it has none."""
    until(lambda: word.encode() in Path(f"/proc/{pid}/cmdline").read_bytes())


def state(pid: int) -> str:
    """The letter of proc(5): R, S, D, T, Z; empty: it is gone."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0].decode()
    return ""


def session(leader: int) -> list[int]:
    """The processes of a session."""
    found = []
    for pid in map(int, filter(str.isdecimal, os.listdir("/proc"))):
        with suppress(ProcessLookupError):
            if os.getsid(pid) == leader:
                found.append(pid)
    return found


def writers(logs: Path) -> list[tuple[int, str]]:
    """(pid, log) of each process whose output goes below this folder, zombies left out."""
    found = []
    for name in filter(str.isdecimal, os.listdir("/proc")):
        with suppress(OSError):
            log = os.readlink(f"/proc/{name}/fd/1").removesuffix(" (deleted)")
            if log.startswith(f"{logs}/"):
                found.append((int(name), log))
    return found


def said_its_last(log: str) -> bool:
    """Does a mover's log tell how it ended?"""
    return b'{"outcome":' in Path(log).read_bytes()


def record(log: str) -> Mapping[str, Any]:
    with open(log, "rb") as file:
        told: Mapping[str, Any] = json.loads(file.readline())
        return told
