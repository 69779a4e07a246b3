"""Human sizes, durations, phases and paths: text in the document, plain values inside; and their types.

Each has a ``parse_*`` that reads the document form and raises ValueError with a plain sentence, and a
type for documents' nouns. One of them also takes the inside value itself (bytes, seconds, a Phase), so that code
can build one; documents cannot, since the published schema refuses bare numbers.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from datetime import date
from functools import lru_cache
from typing import Annotated, Any, TypeVar

from reconciler.spec.marks import Mark, before, described, limits, written
from reconciler.spec.quoting import show
from reconciler.spec.week import WINDOW_PATTERN, WeekHours, parse_window
from reconciler.state import Phase

T = TypeVar("T")

# --- sizes ---------------------------------------------------------------------------------------

_SIZES = {
    "B": 1,
    "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12, "PB": 10**15,
    "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40, "PiB": 2**50,
}  # fmt: skip
_SIZE_BY_FOLDED = {name.casefold(): name for name in _SIZES}
_SHOWN = [(0.99995 * _SIZES[unit], _SIZES[unit], unit) for unit in ("PB", "TB", "GB", "MB", "KB")]
"""Units in which sizes are shown, each from where on: what rounds up to 1000 of one is 1.0 of the next."""
_NUMBER = r"[0-9]{1,20}(?:\.[0-9]{1,15})?"
_SIZE = re.compile(rf"({_NUMBER}) ?([A-Za-z]+)", re.ASCII)
_SIZE_PATTERN = rf"^(0|{_NUMBER} ?([KMGTPkmgtp]([Ii])?)?[Bb])$"


def parse_size(value: object) -> int:
    """Bytes of "20GB", "1.5 TB", "64MiB" or 0. Decimal KB to PB, binary KiB to PiB, in any case.

    A fraction of a byte is dropped. ValueError: no unit, an unclear one ("20G"), or no size at all.
    """
    if _is_zero(value):
        return 0
    if re.fullmatch(_NUMBER, str(value), re.ASCII):
        raise ValueError(f"{value} what? A size carries its unit: {value}GB")
    match = _SIZE.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f"{show(value)} is no size; write one such as 20GB, 1.5TB or 64MiB")
    number, unit = match.groups()
    name = _SIZE_BY_FOLDED.get(unit.casefold())
    if name is not None:
        from fractions import Fraction

        return int(Fraction(number) * _SIZES[name])
    letter = unit[0].upper()
    if len(unit) <= 2 and letter in "KMGTP" and unit[1:].casefold() in ("", "i"):
        decimal, binary = f"{number}{letter}B", f"{number}{letter}iB"
        raise ValueError(
            f"{show(value)} can be read in two ways; write {decimal} (1000s) or {binary} (1024s)"
        )
    raise ValueError(f"{unit} is no unit of size; use one of {', '.join(_SIZES)}")


@lru_cache(maxsize=1024)
def show_size(value: int) -> str:
    """Bytes for people, always decimal: "108.8 GB", "2.1 TB", "512 B"."""
    for least, size, unit in _SHOWN:
        if value >= least or -value >= least:
            return f"{value / size:.1f} {unit}"
    return f"{value} B"


def write_size(value: int) -> str | int:
    """The document form of bytes: the largest unit that keeps it exact; 0 for none."""
    if value == 0:
        return 0
    for unit in ("PB", "PiB", "TB", "TiB", "GB", "GiB", "MB", "MiB", "KB", "KiB"):
        if value % _SIZES[unit] == 0:
            return f"{value // _SIZES[unit]}{unit}"
    return f"{value}B"


# --- durations -----------------------------------------------------------------------------------

_SECONDS = {"w": 604800, "d": 86400, "h": 3600, "m": 60, "s": 1}
_LONG_UNITS = {
    "sec": "s",
    "min": "m",
    "hr": "h",
    "hour": "h",
    "day": "d",
    "week": "w",
    "second": "s",
    "minute": "m",
}
_DURATION = re.compile(rf"(?:({_NUMBER}) ?([A-Za-z]+) ?)+", re.ASCII)
_DURATION_PART = re.compile(rf"({_NUMBER}) ?([A-Za-z]+)", re.ASCII)
_DURATION_PATTERN = (
    rf"^(0|(?=[0-9])({_NUMBER} ?w)? ?({_NUMBER} ?d)? ?({_NUMBER} ?h)? ?({_NUMBER} ?m)? ?({_NUMBER} ?s)?)$"
)


def parse_duration(value: object) -> int | float:
    """Seconds of "90s", "30m", "2h", "365d", "1w", a sum with falling units such as "1h30m", or 0.

    ValueError: no unit, an unknown one, or units out of order.
    """
    if _is_zero(value):
        return 0
    if re.fullmatch(_NUMBER, str(value), re.ASCII):
        raise ValueError(f"{value} what? A duration carries its unit: {value}s or {value}m")
    if not isinstance(value, str) or _DURATION.fullmatch(value) is None:
        raise ValueError(f"{show(value)} is no duration; write one such as 90s, 30m, 1h30m or 365d")
    from fractions import Fraction

    total = Fraction(0)
    order = list(_SECONDS)
    last = -1
    for number, unit in _DURATION_PART.findall(value):
        if unit not in _SECONDS:
            short = _LONG_UNITS.get(unit.casefold().rstrip("s")) or unit.casefold()
            hint = f"; write {number}{short}" if short in _SECONDS else ""
            raise ValueError(f"{unit} is no unit of time{hint}; the units are w, d, h, m, s")
        if order.index(unit) <= last:
            raise ValueError(
                f"{show(value)} has its units out of order; write the largest first, each once: 1h30m"
            )
        last = order.index(unit)
        total += Fraction(number) * _SECONDS[unit]
    return int(total) if total.denominator == 1 else float(total)


def show_duration(value: float) -> str:
    """Seconds for people, by the two largest units: "14s", "31m", "2h 5m", "3d 4h"."""
    if value < 0:
        return f"-{show_duration(-value)}"
    grain = 1 if value < 59.5 else 60 if value < 86370 else 3600
    rest = round(value / grain) * grain
    words = []
    for unit in ("d", "h", "m", "s"):
        count, rest = divmod(rest, _SECONDS[unit])
        if count:
            words.append(f"{count}{unit}")
    return " ".join(words) or "0s"


def write_duration(value: float) -> str | int:
    """The document form of seconds: a sum of whole units, such as "1h30m"; 0 for none."""
    if value == 0:
        return 0
    if value % _SECONDS["w"] == 0:
        return f"{int(value) // _SECONDS['w']}w"
    whole, rest = divmod(value, 60)
    words = []
    minutes = int(whole)
    for unit in ("d", "h", "m"):
        count, minutes = divmod(minutes, _SECONDS[unit] // 60)
        if count:
            words.append(f"{count}{unit}")
    if rest:
        # Fixed-point, since 1e-05s is no duration.
        words.append(f"{rest:.9f}".rstrip("0").rstrip(".") + "s")
    return "".join(words)


# --- phases --------------------------------------------------------------------------------------

_PHASE_PATTERN = r"^[1-5]:[0-9]{1,2}$"


def parse_milestone(value: object) -> Phase:
    """The phase of "2:1". ValueError: not major:minor with a major of 1 to 5."""
    if isinstance(value, str) and re.fullmatch(_PHASE_PATTERN, value, re.ASCII):
        major, minor = value.split(":")
        return Phase(int(major), int(minor))
    found = re.fullmatch(r"([1-5])(?:[.,;/ -]([0-9]{1,2}))?", str(value), re.ASCII)
    right = f"{found[1]}:{found[2] or 1}" if found else "2:1"
    raise ValueError(f"{show(value)} is no phase; write major:minor, the major from 1 to 5, such as {right}")


# --- paths ---------------------------------------------------------------------------------------

_PATH_PATTERN = r"^/"
_HOME_PATTERN = r"^(/|~(/|$))"


def parse_path(value: object) -> str:
    """An absolute path without trailing slash, doubled slashes, ``.`` or ``..``.

    ValueError: relative, empty, with a control character, or no text.
    """
    if not isinstance(value, str):
        raise ValueError(f"{show(value)} is no path; write an absolute one such as /mnt/tmp/00")
    if not value:
        raise ValueError("is empty; write an absolute path such as /mnt/tmp/00")
    if re.search(r"[\x00-\x1f\x7f]", value):
        raise ValueError(f"{show(value)} holds a control character; a path here is plain text")
    if value[0] == "~":
        raise ValueError(f"{show(value)}: ~ is not read here; write the path in full")
    if value[0] != "/":
        example = f"/{value.lstrip('./') or 'mnt/tmp/00'}"
        raise ValueError(f"{show(value)} is a relative path; write it from / on, such as {example}")
    return "/" + posixpath.normpath(value).lstrip("/")


# --- rates ---------------------------------------------------------------------------------------


def parse_rate(value: object) -> int:
    """Bytes a second of "80MB/s" or "1.5 MiB/s". ValueError: no rate, or none at all."""
    size, slash, second = value.rpartition("/") if isinstance(value, str) else ("", "", "")
    if not slash or second.strip() != "s":
        raise ValueError(f"{show(value)} is no rate; write one such as 80MB/s")
    found = parse_size(size.strip())
    if found == 0:
        raise ValueError(f"{show(value)} would move nothing; leave the key out for no limit")
    return found


def write_rate(value: int) -> str:
    """The document form of bytes a second."""
    return f"{write_size(value)}/s"


# --- days ----------------------------------------------------------------------------------------


def parse_day(value: object) -> date:
    """The day of "2022-01-01". ValueError: no such day."""
    try:
        if isinstance(value, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value, re.ASCII):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise ValueError(f"{show(value)} is no day; write year-month-day, such as 2022-01-31")


# --- the types -----------------------------------------------------------------------------------


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_zero(value: object) -> bool:
    return (_is_number(value) and value == 0) or value == "0"


def _inside_or(kind: type | tuple[type, ...], parse: Callable[[object], T]) -> Mark:
    """Takes a value that already is of the inside kind, and reads all else as the document form."""

    def read(value: object) -> object:
        return value if isinstance(value, kind) and not isinstance(value, bool) else parse(value)

    return before(read)


def _document(kind: str, pattern: str, examples: list[str], *, zero: bool = False) -> Mark:
    text: dict[str, Any] = {"type": "string", "format": kind, "pattern": pattern, "examples": examples}
    return described({"anyOf": [text, {"const": 0}]} if zero else text)


Size = Annotated[
    int,
    _inside_or(int, parse_size),
    limits(ge=0),
    written(write_size),
    _document("size", _SIZE_PATTERN, ["20GB", "1.5TB"], zero=True),
]
Rate = Annotated[
    int,
    _inside_or(int, parse_rate),
    limits(ge=1),
    written(write_rate),
    _document("rate", rf"^{_NUMBER} ?([KMGTPkmgtp]([Ii])?)?[Bb] ?/s$", ["80MB/s"]),
]
Day = Annotated[
    date,
    _inside_or(date, parse_day),
    written(date.isoformat),
    _document("day", r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", ["2022-01-01"]),
]
Duration = Annotated[
    int | float,
    _inside_or((int, float), parse_duration),
    limits(ge=0, allow_inf_nan=False),
    written(write_duration),
    _document("duration", _DURATION_PATTERN, ["30m", "1h30m"], zero=True),
]
Milestone = Annotated[
    Phase,
    _inside_or(Phase, parse_milestone),
    written(str),
    _document("phase", _PHASE_PATTERN, ["2:1"]),
]
Window = Annotated[
    WeekHours,
    _inside_or(WeekHours, parse_window),
    written(str),
    _document("window", WINDOW_PATTERN, ["22:00-06:00", "mon-fri 22:00-06:00"]),
]
AbsolutePath = Annotated[str, before(parse_path), _document("path", _PATH_PATTERN, ["/mnt/tmp/00"])]
# A path whose document form may begin with ~; the loader puts the home directory in before models see it.
HomePath = Annotated[
    str, before(parse_path), _document("path", _HOME_PATTERN, ["~/.local/share/plotman/logs"])
]
