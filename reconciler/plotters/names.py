"""The file names of plots, of every plotter known.

One pattern for final and temporary names alike: ``plot[-mmx][-hdd|-ssd]-k32[-c07][-2026-11-21-23-24]-<id>.plot``,
with ``.tmp`` (madMAx, bladebit) or ``.2.tmp`` (chiapos) behind it while the file is being written.
"""

from __future__ import annotations

import re

from reconciler.noun import noun

STEM = (
    r"plot(?:-mmx)?(?:-(?:hdd|ssd))?-k(?P<k>\d{1,3})(?:-c(?P<compression>\d{1,3}))?"
    r"(?:-(?P<date>\d{4}(?:-\d\d){4}))?-(?P<plot_id>[0-9a-f]{64})"
)
"""A plot's name before its extension, as a regular expression with named groups."""

FINAL = (".plot", ".plot2", ".gplot")
"""How the names of finished plots end."""

_NAME = re.compile(STEM + r"\.(?P<extension>plot2?|gplot)(?P<temporary>(?:\.2)?\.tmp)?", re.ASCII)


@noun(kw_only=True)
class PlotName:
    """What a plot file's name says.

    kind: plot, mmx, mmx-ssd, plot2 or gplot: what is in it, and so how large it is.
    compression: the level, which means different sizes for different plotters; None: not compressed.
    digits: of the level as written: bladebit writes c07, Gigahorse c7; 0: no level.
    date: ``YYYY-MM-DD-HH-MM``, the plotter's local time; None: the name carries none.
    plot_id: 64 hex digits.
    extension: without the dot, "plot".
    temporary: the file is still being written.
    """

    k: int
    compression: int | None
    date: str | None
    plot_id: str
    extension: str
    temporary: bool
    kind: str = "plot"
    digits: int = 0


def parse(name: str) -> PlotName | None:
    """Read a file's name, without its directory; None: it is not a plot's."""
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    return PlotName(
        k=int(found["k"]),
        compression=int(found["compression"]) if found["compression"] else None,
        date=found["date"],
        plot_id=found["plot_id"],
        extension=found["extension"],
        temporary=found["temporary"] is not None,
        kind=_kind(name, found["extension"]),
        digits=len(found["compression"] or ""),
    )


def _kind(name: str, extension: str) -> str:
    if extension != "plot":
        return extension
    return "mmx-ssd" if name.startswith("plot-mmx-ssd") else "mmx" if name.startswith("plot-mmx") else "plot"
