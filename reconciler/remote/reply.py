"""What a farmer's shell has answered to `script`. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from reconciler.errors import FarmerError
from reconciler.inquiry import Question, Volume
from reconciler.remote.script import is_wild
from reconciler.remote.volumes import Listed, target_of, volume_of
from reconciler.spec.farmers import fixed_part
from reconciler.state import Absent, Fact, Known, Unknown

LONGEST = 4096
"""Characters of one of df's answers that are looked at: what is longer is none."""

_LINE = re.compile(r"(?P<key>@|[1-9][0-9]*(?:\.[1-9][0-9]*)?) (?P<tag>[a-z]+)(?: (?P<rest>.*))?", re.DOTALL)
_FILE = re.compile(r"(?P<bytes>[0-9]{1,19}) (?P<time>-?[0-9]{1,12}|-) (?P<name>[^/]+)", re.DOTALL)
# Right-hand columns first: only they have no spaces.
_DF = re.compile(
    r"(?P<device>.*\S)\s+(?P<total>[0-9]{1,19})\s+-?[0-9]+\s+(?P<free>-?[0-9]{1,19})\s+(?:-|[0-9.]+%)\s+(?P<point>/.*)",
    re.DOTALL,
)
_BLOCKS = re.compile(r"\b(?:([0-9]{3,7})|1K)-blocks")
_BSD_MOUNT = re.compile(r".* on (?P<point>/.*) \((?P<options>[^()]*)\)")
_OCTAL = re.compile(r"\\([0-7]{3})")


@dataclass(slots=True)
class _Told:
    """All lines about one disk, or one pattern, by their tags."""

    lines: dict[str, list[str]] = field(default_factory=dict)

    def add(self, tag: str, rest: str) -> None:
        self.lines.setdefault(tag, []).append(rest)

    def one(self, tag: str) -> str | None:
        """The line with that tag; None: there is none."""
        return self.lines.get(tag, [None])[0]


def parse(question: Question, text: str) -> Mapping[str, Fact[Volume]]:
    """Each target folder by its path. Of an answer that broke off, what has no end is Unknown.

    Raises FarmerError("broken") where it is no answer at all.
    """
    lines = _whole(text)
    if "@ begin" not in lines:
        first = next((line for line in text.split("\n") if line.strip()), "nothing")
        raise FarmerError("broken", f"its shell does not run a script of POSIX sh: it says {first[:200]!r}")
    told = _sorted(lines[lines.index("@ begin") :])
    frozen = set(_read_only(told.get("@", _Told())))
    found: dict[str, Fact[Volume]] = {}
    for index, pattern in enumerate(question.disks, 1):
        for key, about in told.items():
            if key.startswith(f"{index}."):
                found |= _disk(question, pattern, about, frozen)
        if "done" not in told.get(str(index), _Told()).lines:
            found[target_of(question, pattern)] = Unknown("has not answered which disks there are")
    return found


def unfinished(text: str) -> tuple[str, ...]:
    """The disks that were being looked at when the answer broke off."""
    told = _sorted(_whole(text))
    return tuple(
        disk
        for about in told.values()
        if (disk := about.one("disk")) is not None and not {"end", "skip"} & about.lines.keys()
    )


def finished(text: str) -> tuple[str, ...]:
    """The disks that have answered."""
    told = _sorted(_whole(text))
    return tuple(about.one("disk") or "" for about in told.values() if "end" in about.lines)


def parse_heads(text: str) -> Mapping[int, bytes]:
    """The first bytes of each file by its number, as `script.HEADS` prints them. What is no such line says nothing."""
    heads: dict[int, bytes] = {}
    for line in text.split("\n"):
        number, _, digits = line.partition(" ")
        try:
            heads[int(number)] = bytes.fromhex(digits)
        except ValueError:
            continue
    return heads


def _whole(text: str) -> list[str]:
    """Its lines; half a one at the end is none."""
    return text.split("\n")[:-1]


def _sorted(lines: Iterable[str]) -> dict[str, _Told]:
    told: dict[str, _Told] = {}
    for line in lines:
        if said := _LINE.fullmatch(line):
            told.setdefault(said["key"], _Told()).add(said["tag"], said["rest"] or "")
    return told


def _disk(
    question: Question, pattern: str, about: _Told, frozen: Iterable[str]
) -> Mapping[str, Fact[Volume]]:
    """Nothing, where what has matched the pattern is no folder."""
    disk = about.one("disk")
    if disk is None:
        return {}
    fact = _fact(question, pattern, about, frozen)
    return {} if fact is None else {target_of(question, disk): fact}


def _fact(question: Question, pattern: str, about: _Told, frozen: Iterable[str]) -> Fact[Volume] | None:
    if "skip" in about.lines:
        return Unknown("did not answer, and is left alone for a while")
    if "end" not in about.lines:
        return Unknown("has not answered")
    if "none" in about.lines:
        return None if is_wild(pattern) else Absent("is no folder")
    if (odd := about.one("odd")) is not None:
        missing = "No such file or directory" in odd
        return Absent("is not there") if missing else Unknown(f"cannot be looked at: {odd.strip()}")
    df = about.lines.get("df", [])
    room = _DF.fullmatch(" ".join(df[1:]).strip()[:LONGEST])
    unit = _unit(df[0]) if df else None
    count = about.one("count") or ""
    if room is None or unit is None or not count.isdecimal():
        return Unknown(f"df says {' '.join(df)[:200]!r}")
    point = room["point"]
    base = about.one("base") or fixed_part(pattern)
    if question.mount and not (point != base and point.startswith(base.rstrip("/") + "/")):
        return Absent(f"is not mounted: it lies on {point}")
    clock = about.one("clock") or ""
    return Known(
        volume_of(
            question,
            # A name without a slash is a kind of file system, which many disks have in common.
            device=room["device"] if "/" in room["device"] else point,
            free=int(room["free"]) * unit,
            total=int(room["total"]) * unit,
            writable="writable" in about.lines and point not in frozen,
            count=int(count),
            files=_files(about.lines.get("file", ())),
            clock=float(clock) if clock.isdecimal() else None,
        )
    )


def _unit(header: str) -> int | None:
    """Bytes in a block, by df's first line; None: it is none."""
    found = _BLOCKS.search(header)
    return None if found is None else int(found[1] or 1024)


def _files(lines: Iterable[str]) -> Iterable[Listed]:
    for line in lines:
        if file := _FILE.fullmatch(line):
            yield Listed(
                file["name"], int(file["bytes"]), None if file["time"] == "-" else float(file["time"])
            )


def _read_only(about: _Told) -> Iterable[str]:
    """The mount points that are mounted read-only: of /proc/mounts, or as mount(8) prints them elsewhere."""
    for point in about.lines.get("ro", ()):
        yield _OCTAL.sub(lambda found: chr(int(found[1], 8)), point)
    for line in about.lines.get("mount", ()):
        mounted = _BSD_MOUNT.fullmatch(line)
        if mounted and {"read-only", "ro"} & {option.strip() for option in mounted["options"].split(",")}:
            yield mounted["point"].split(" type ")[0]
