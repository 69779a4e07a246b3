"""Could a plotter do an order? Every reason why not, a plain sentence each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from reconciler.plotters.grammar import NOUNS, Option
from reconciler.spec.hints import nearest

if TYPE_CHECKING:
    from reconciler.plotters.command import CommandLine, Order, Scalar

_SPELT = {
    "k": "plotting.k",
    "tmp": "directories.tmp",
    "tmp2": "directories.tmp2",
    "dst": "directories.dst",
    "farmer_key": "plotting.keys.farmer",
    "pool_key": "plotting.keys.pool",
    "contract": "plotting.keys.contract",
}
"""Where the spec gives what every plotter may have."""


_TYPES: Mapping[str, tuple[Any, str]] = {
    "flag": (bool, "true or false"),
    "int": (int, "a whole number"),
    "number": ((int, float), "a number"),
}
"""What a value of each kind must be, in Python and in words; all other kinds are text."""


def misfits(line: CommandLine, order: Order) -> Iterator[str]:
    """Why the plotter could not do it; nothing: it can."""
    command, values = line.command, order.values
    own = {name: row for name, row in line.rows.items() if name not in NOUNS and row.always is None}
    for name in order.options:
        if name not in own:
            near = nearest(name, own)
            known = f"did you mean {near}?" if near else f"it has {', '.join(sorted(own)) or 'none'}"
            yield f"option {name} is not known to this plotter; {known}"
    for row in line.rows.values():
        if row.value in values and row.always is None:
            yield from _wrong(row, values[row.value])
    if command.ks and order.k not in command.ks:
        yield f"k is {order.k}; this plotter makes {', '.join(map(str, command.ks))}"
    for noun, spelt in _SPELT.items():
        if noun in values and not line.carries(noun, values) and not (noun == "k" and command.ks):
            yield from _unsaid(line, noun, spelt, order)
    for needed in command.needs:
        if not any(value in values for value in needed):
            yield f"this plotter needs {' or '.join(_SPELT.get(value, value) for value in needed)}"
    for group in command.either:
        given = [
            _SPELT.get(value, f"option {value}") for value in group if values.get(value) not in (None, False)
        ]
        if len(given) > 1:
            yield f"{' and '.join(given)} exclude one another; give one of them"


def _unsaid(line: CommandLine, noun: str, spelt: str, order: Order) -> Iterator[str]:
    """What the order says and the argv could not tell must be what the plotter takes by itself."""
    row = line.rows.get(noun)
    without = f" without {' or '.join(row.with_any)}" if row is not None and row.with_any else ""
    takes = line.unsaid(noun, order.values)
    if takes is None:
        yield f"{spelt} is given, which this plotter does not take{without}"
    elif takes != order.values[noun]:
        yield f"{spelt} is {order.values[noun]}; this plotter keeps nothing there{without}, so name {takes} instead"


def _wrong(row: Option, value: Scalar) -> Iterator[str]:
    """Why the plotter would not take this value."""
    named = row.value if row.value in NOUNS else f"option {row.value}"
    types, right = _TYPES.get(row.kind, (object, "text"))
    if not isinstance(value, types) or (isinstance(value, bool) and types is not bool):
        yield f"{named} is {value!r}; it must be {right}"
    elif isinstance(value, int | float) and row.minimum is not None and value < row.minimum:
        yield f"{named} is {value}; this plotter takes at least {row.minimum:g}"
    elif isinstance(value, int | float) and row.maximum is not None and value > row.maximum:
        yield f"{named} is {value}; this plotter takes at most {row.maximum:g}"
