"""Command lines: one table, written and read."""

from __future__ import annotations

import string
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.errors import UsageError
from reconciler.plotters import Order, Plotter, Plotters
from reconciler.plotters.definition import NOUNS, Option
from tests.plotters import cases


@cache
def known() -> Plotters:
    return Plotters.load()


NAMES = sorted(known())
PATHS = st.lists(
    st.text(string.ascii_letters + string.digits + " .-_", min_size=1, max_size=8)
    .filter(lambda part: part.strip(".") != ""),
    min_size=1, max_size=4,
).map(lambda parts: "/" + "/".join(parts))
WORDS = st.text(string.ascii_letters + string.digits + "-_=./", min_size=1, max_size=12)


def order_of(**values: Any) -> Order:
    return Order(**{"k": 32, "tmp": "/t", "tmp2": None, "dst": "/d", **values})


@pytest.mark.parametrize(("name", "case"), [
    pytest.param(name, case, id=f"{name}: {case['case']}") for name, case in cases.argvs()
])
def test_an_argv_is_read_as_its_case_says(plotters: Plotters, name: str, case: dict[str, Any]) -> None:
    argv, expect = case["argv"], case["expect"]
    plotter = plotters[name]
    assert plotter.recognises(argv) == (expect is not None)
    if expect is None:
        assert plotters.recognise(argv) is not plotter
        with pytest.raises(ValueError, match="not a command line"):
            plotter.read(argv, case["cwd"])
        return
    assert plotters.wanted(argv)
    assert plotters.recognise(argv) is plotter
    arguments = plotter.read(argv, case["cwd"])
    found = {field: getattr(arguments, field) for field in expect}
    assert found | {"extras": list(found.get("extras", ()))} == expect | {"extras": expect.get("extras", [])}


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
    rows = {row.value: row for row in (*plotter.definition.command.before, *plotter.definition.command.options)}
    own = {name: row for name, row in rows.items() if name not in NOUNS and row.always is None}
    chosen = draw(st.sets(st.sampled_from(sorted(own)))) if own else set()
    return Order(
        k=draw(values(rows["k"])) if "k" in rows else 32,
        tmp=draw(PATHS),
        tmp2=draw(st.none() | PATHS) if "tmp2" in rows else None,
        dst=draw(PATHS),
        executable=None,
        farmer_key="ab" * 48, pool_key="cd" * 48,
        options={name: draw(values(own[name])) for name in sorted(chosen)},
    )


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_what_is_built_is_read_back(data: st.DataObject) -> None:
    plotter = known()[data.draw(st.sampled_from(NAMES))]
    order = data.draw(orders(plotter))
    argv = plotter.build(order)
    assert known().recognise(argv) is plotter
    arguments = plotter.read(argv, None)
    assert (arguments.k, arguments.tmp, arguments.dst) == (order.k, order.tmp, order.dst)
    if order.tmp2 is not None:
        assert arguments.tmp2 == order.tmp2
    given_options = {name: value for name, value in order.options.items() if value is not False}
    by_itself = {row.value for row in plotter.definition.command.options if row.below_k and order.k < row.below_k}
    found = {name: value for name, value in arguments.options.items() if name not in by_itself - order.options.keys()}
    assert found == given_options
    assert arguments.count == 1
    assert arguments.extras == ()


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_every_spelling_is_read(data: st.DataObject) -> None:
    plotter = known()[data.draw(st.sampled_from(NAMES))]
    command = plotter.definition.command
    row = data.draw(st.sampled_from(command.options))
    flag = data.draw(st.sampled_from(row.flags))
    value = data.draw(values(row).filter(lambda each: each is not False))
    head = plotter.build(order_of(farmer_key="f", pool_key="p"))
    head = head[:head.index(command.words[-1]) + 1] if command.words else head[:1]
    if row.kind == "flag":
        tail: tuple[str, ...] = (flag,)
    elif flag.startswith("--"):
        tail = data.draw(st.sampled_from([(flag, str(value)), (f"{flag}={value}",)]))
    else:
        attached = [(f"{flag}{value}",)] if command.attached else []
        tail = data.draw(st.sampled_from([(flag, str(value)), *attached]))
    arguments = plotter.read((*head, *tail), "/cwd")
    assert arguments.extras == ()
    if row.value not in NOUNS:
        assert arguments.options == {row.value: value}
    elif row.value not in ("farmer_key", "pool_key", "contract"):
        assert getattr(arguments, row.value) == value


@given(st.lists(st.text(max_size=12) | st.sampled_from(["-k", "-t", "--", "-x", "-ex", "--size=", "/a"]), max_size=8),
       st.none() | PATHS)
@settings(max_examples=300, deadline=None)
def test_no_argv_makes_reading_fail(argv: list[str], cwd: str | None) -> None:
    assert known().wanted(argv) == (known().recognise(argv) is not None)
    for plotter in known().values():
        whole = (*plotter.build(order_of(farmer_key="f", pool_key="p")), *argv)
        assert known().recognise(whole) is plotter
        assert {token.lstrip("-") for token in plotter.read(whole, cwd).extras} <= {
            token[at:].lstrip("-") for token in argv for at in range(len(token) + 1)
        }


def test_secrets_are_written_and_not_read(plotters: Plotters) -> None:
    for plotter in plotters.values():
        argv = plotter.build(order_of(farmer_key="f" * 96, contract="xch1contract"))
        assert {"f" * 96, "xch1contract"} <= set(argv)
        told = repr(plotter.read(argv, None))
        assert "f" * 96 not in told
        assert "xch1contract" not in told


@pytest.mark.parametrize(("values", "says"), [
    ({"options": {"thread": 2}}, "did you mean threads?"),
    ({"options": {"threads": "two"}}, "must be a whole number"),
    ({"options": {"threads": True}}, "must be a whole number"),
    ({"options": {"nobitfield": 1}}, "must be true or false"),
    ({"options": {"threads": 0}}, "at least 1"),
    ({"options": {"buckets": 1024}}, "at most 128"),
    ({"options": {"count": 2}}, "not known"),
    ({"k": 17}, "at least"),
    ({"k": 51}, "at most 50"),
])
@pytest.mark.parametrize("name", ["chia", "chiapos"])
def test_an_unfit_order_is_told_and_not_built(plotters: Plotters, name: str, values: dict[str, Any], says: str) -> None:
    order = order_of(**values)
    (sentence,) = plotters[name].unfit(order)
    assert says in sentence
    with pytest.raises(UsageError, match=says.replace("?", r"\?")):
        plotters[name].build(order)


def test_what_a_plotter_needs_is_named_as_the_spec_spells_it(plotters: Plotters) -> None:
    assert plotters["madmax"].unfit(order_of(farmer_key="f")) == (
        "this plotter needs plotting.keys.pool or plotting.keys.contract",
    )
    assert len(plotters["madmax"].unfit(order_of())) == 2


def test_what_a_plotter_does_not_take_is_told(plotters: Plotters) -> None:
    chia = plotters["chia"].definition
    rows = tuple(row for row in chia.command.options if row.value not in ("tmp2", "contract"))
    old = Plotter(chia.model_copy(update={"command": chia.command.model_copy(update={"options": rows})}))
    assert old.unfit(order_of(tmp2="/t2", contract="xch1", farmer_key="f")) == (
        "directories.tmp2 is given, which this plotter does not take",
        "plotting.keys.contract is given, which this plotter does not take",
    )


def test_a_fit_order_has_nothing_against_it(plotters: Plotters) -> None:
    for plotter in plotters.values():
        assert plotter.unfit(order_of(farmer_key="f", contract="c", options={"threads": 4})) == ()


def test_the_executable_of_the_order_is_taken(plotters: Plotters) -> None:
    for plotter in plotters.values():
        argv = plotter.build(order_of(executable="/opt/bin/it", farmer_key="f", pool_key="p"))
        assert argv[0] == "/opt/bin/it"


def test_small_plots_of_chia_are_forced(plotters: Plotters) -> None:
    assert "--override-k" in plotters["chia"].build(order_of(k=25))
    assert "--override-k" not in plotters["chia"].build(order_of(k=32))


def test_threads_are_the_options_or_the_plotters_own(plotters: Plotters) -> None:
    assert plotters["chia"].threads({"threads": 7}) == 7
    assert plotters["chia"].threads({}) == 2
