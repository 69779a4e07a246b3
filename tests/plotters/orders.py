"""Orders that a plotter can do, any of them."""

from __future__ import annotations

import string
from typing import Any

from hypothesis import strategies as st

from reconciler.plotters import Order, Plotter
from reconciler.plotters.grammar import NOUNS, Option

PATHS = st.lists(
    st.text(string.ascii_letters + string.digits + " .-_", min_size=1, max_size=8).filter(
        lambda part: part.strip(".") != ""
    ),
    min_size=1,
    max_size=4,
).map(lambda parts: "/" + "/".join(parts))
WORDS = st.text(string.ascii_letters + string.digits + "-_=./", min_size=1, max_size=12)


def of(plotter: Plotter, **values: Any) -> Order:
    """An order that the plotter can do, but for what is given."""
    line, command = plotter.line, plotter.definition.command
    options = values.get("options", {})
    usual: dict[str, Any] = {
        "k": command.ks[0] if command.ks else 32,
        "dst": "/d",
        "tmp2": None,
        "tmp": "/t" if line.carries("tmp", options) else "/d",
        "farmer_key": "fa" * 48,
        "contract": "xch1any",
    }
    return Order(**(usual | values))


def values(row: Option) -> st.SearchStrategy[Any]:
    """Any value that a row takes."""
    low, high = row.minimum, row.maximum
    return {
        "flag": st.booleans(),
        "int": st.integers(int(low if low is not None else 0), int(high if high is not None else 10**9)),
        "number": st.floats(low if low is not None else 0, high if high is not None else 1e6),
        "path": PATHS,
        "text": WORDS,
    }[row.kind]


@st.composite
def orders(draw: st.DrawFn, plotter: Plotter) -> Order:
    """Any order that the plotter can do."""
    line, command = plotter.line, plotter.definition.command
    own = {name: row for name, row in line.rows.items() if name not in NOUNS and row.always is None}
    chosen = draw(st.sets(st.sampled_from(sorted(own)))) if own else set()
    for group in command.either:
        for name in [name for name in group if name in chosen][1:]:
            chosen.remove(name)
    options = {name: draw(values(own[name])) for name in sorted(chosen)}
    dst = draw(PATHS)
    keys: dict[str, str] = {
        draw(st.sampled_from([key for key in ("pool_key", "contract") if key in line.rows])): "cd"
    }
    return Order(
        k=draw(st.sampled_from(command.ks) if command.ks else values(line.rows["k"])),
        tmp=draw(PATHS) if line.carries("tmp", options) else dst,
        tmp2=draw(st.none() | PATHS) if line.carries("tmp2", options) else None,
        dst=dst,
        farmer_key="ab" * 48,
        options=options,
        **keys,
    )
