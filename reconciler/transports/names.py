"""What a plot on its way is called at its target.

Our own part file is ``.PLOT.BYTES.HOST.part``: it is the reservation that other plotters see, so its name
says how much room it will take and whose it is. The host's dots are written ``%2E``, so that the name can
be read back without doubt whatever plot and host are called.

Two foreign habits are recognised, since their files take room, too: rsync's temporary file
``.PLOT.`` and six letters or digits, and ``PLOT.tmp`` or ``PLOT.2.tmp`` of plotters and plot sinks.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_OURS = re.compile(r"\.(?P<plot>.+)\.(?P<bytes>0|[1-9][0-9]{0,18})\.(?P<host>[^.]+)\.part", re.DOTALL)
_PLOT = r"(?P<plot>.+\.(?:plot2?|gplot))"
_FOREIGN = (
    re.compile(rf"\.{_PLOT}\.[A-Za-z0-9]{{6}}", re.DOTALL),
    re.compile(rf"{_PLOT}(?:\.2)?\.tmp", re.DOTALL),
)
_ESCAPED = re.compile(r"%([0-9A-F]{2})")


class Landing(NamedTuple):
    """A file that will be a plot.

    plot: its final name; bytes: its final size, None: not told; host: whose it is, "": not told.
    """

    plot: str
    bytes: int | None
    host: str


def part_name(plot: str, size: int, host: str) -> str:
    """The part file's name for a plot of that final name and size in bytes, written by that host."""
    return f".{plot}.{size}.{_escape(host)}.part"


def parse_part(name: str) -> Landing | None:
    """What a file name says of a plot on its way; None: it is no such name."""
    if ours := _OURS.fullmatch(name):
        return Landing(ours["plot"], int(ours["bytes"]), _unescape(ours["host"]))
    for pattern in _FOREIGN:
        if foreign := pattern.fullmatch(name):
            return Landing(foreign["plot"], None, "")
    return None


def _escape(host: str) -> str:
    return re.sub(r"[%./\0]", lambda found: f"%{ord(found[0]):02X}", host)


def _unescape(host: str) -> str:
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), host)
