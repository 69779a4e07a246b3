"""Command lines: one table, written and read."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.errors import UsageError
from reconciler.plotters import Plotter, Plotters
from reconciler.plotters.grammar import NOUNS
from tests.plotters import cases, orders
from tests.plotters.orders import PATHS


@cache
def known() -> Plotters:
    return Plotters.load()


NAMES = sorted(known())


@pytest.mark.parametrize(
    ("name", "case"), [pytest.param(name, case, id=f"{name}: {case['case']}") for name, case in cases.argvs()]
)
def test_an_argv_is_read_as_its_case_says(plotters: Plotters, name: str, case: dict[str, Any]) -> None:
    cases.argv_is_read(plotters, name, case)


def test_every_definition_has_cases(plotters: Plotters) -> None:
    assert {name for name, _ in cases.argvs()} == plotters.keys()
    assert {name for name, _, _ in cases.logs()} == plotters.keys()


@given(st.data())
@settings(max_examples=400, deadline=None)
def test_what_is_built_is_read_back(data: st.DataObject) -> None:
    plotter = known()[data.draw(st.sampled_from(NAMES))]
    order = data.draw(orders.orders(plotter))
    argv = plotter.build(order)
    assert known().recognise(argv) is plotter
    arguments = plotter.read(argv, None)
    assert (arguments.k, arguments.tmp, arguments.dst) == (order.k, order.tmp, order.dst)
    assert (arguments.tmps, arguments.dsts) == ((order.tmp,), (order.dst,))
    if order.tmp2 is not None:
        assert arguments.tmp2 == order.tmp2
    rows = plotter.line.rows
    by_itself = {name for name, row in rows.items() if row.written or (row.below_k and order.k < row.below_k)}
    found = {
        name: value
        for name, value in arguments.options.items()
        if name not in by_itself - order.options.keys()
    }
    assert found == {name: value for name, value in order.options.items() if value is not False}
    assert arguments.count == 1
    assert arguments.extras == ()
    assert plotter.compression(arguments.options) == plotter.compression(order.options)
    assert plotter.threads(arguments.options) == plotter.threads(order.options)


@given(st.data())
@settings(max_examples=400, deadline=None)
def test_every_spelling_is_read(data: st.DataObject) -> None:
    plotter = known()[data.draw(st.sampled_from(NAMES))]
    command = plotter.definition.command
    row = data.draw(st.sampled_from((*command.before, *command.options)))
    flag = data.draw(st.sampled_from(row.flags))
    value = data.draw(orders.values(row).filter(lambda each: each is not False))
    if row.kind == "flag":
        tail: tuple[str, ...] = (flag,)
    elif flag.startswith("--"):
        tail = data.draw(st.sampled_from([(flag, str(value)), (f"{flag}={value}",)]))
    else:
        attached = [(f"{flag}{value}",)] if command.attached else []
        tail = data.draw(st.sampled_from([(flag, str(value)), *attached]))
    start = plotter.build(orders.of(plotter))[: 3 if command.module else 1]
    argv = (*start, *tail, *command.words) if row in command.before else (*start, *command.words, *tail)
    arguments = plotter.read(argv, "/cwd")
    assert arguments.extras == ()
    if row.value not in NOUNS:
        assert arguments.options == {row.value: value}
    elif row.value not in ("farmer_key", "pool_key", "contract"):
        assert getattr(arguments, row.value) == value


@given(
    st.lists(
        st.text(max_size=12) | st.sampled_from(["-k", "-t", "--", "-x", "-ex", "--size=", "/a"]), max_size=8
    ),
    st.none() | PATHS,
)
@settings(max_examples=150, deadline=None)
def test_no_argv_makes_reading_fail(argv: list[str], cwd: str | None) -> None:
    assert known().wanted(argv) == (known().recognise(argv) is not None)
    for plotter in known().values():
        built = plotter.build(orders.of(plotter))
        whole = (*built[:-1], *argv, built[-1])
        plotter.recognises(whole)
        assert {token.lstrip("-") for token in plotter.read(whole, cwd).extras} <= {
            token[at:].lstrip("-") for token in (*argv, *built) for at in range(len(token) + 1)
        }


@pytest.mark.parametrize("name", NAMES)
def test_a_job_stays_one_with_options_that_nobody_knows(plotters: Plotters, name: str) -> None:
    plotter = plotters[name]
    built = plotter.build(orders.of(plotter))
    at = -1 if plotter.definition.command.places else len(built)
    whole = (*built[:at], "--of-a-later-version", "7", *built[at:])[: len(built) + 2]
    assert plotters.recognise(whole) is plotter
    arguments = plotter.read(whole, None)
    assert arguments.extras == ("--of-a-later-version", "7")
    assert (arguments.k, arguments.tmp, arguments.dst) == (
        plotter.read(built, None).k,
        plotter.read(built, None).tmp,
        "/d",
    )


@pytest.mark.parametrize("name", NAMES)
def test_asking_for_help_is_no_job(plotters: Plotters, name: str) -> None:
    plotter = plotters[name]
    built = plotter.build(orders.of(plotter))
    at = len(built) - len(plotter.definition.command.places)
    for word in plotter.definition.command.no_job:
        assert plotters.recognise((*built[:at], word, *built[at:])) is not plotter


def test_secrets_are_written_and_not_read(plotters: Plotters) -> None:
    for plotter in plotters.values():
        argv = plotter.build(orders.of(plotter, farmer_key="f" * 96, contract="xch1contract"))
        assert {"f" * 96, "xch1contract"} <= set(argv)
        told = repr(plotter.read(argv, None))
        assert "f" * 96 not in told
        assert "xch1contract" not in told


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("word", ["--of-a-later-version={}", "{}", "-Y{}", "--pool={},7"])
def test_what_looks_like_a_key_is_blotted_out(plotters: Plotters, name: str, word: str) -> None:
    plotter = plotters[name]
    start = plotter.build(orders.of(plotter))[: 3 if plotter.definition.command.module else 1]
    for secret in ("AB" * 48, "0x" + "0c" * 112, "xch1" + "q0" * 29 + "a"):
        words = (word.format(secret), "--memo", secret, "-m", secret, "--later", "x")
        told = repr(plotter.read((*start, *plotter.definition.command.words, *words), "/w"))
        assert secret[4:] not in told


def test_who_keeps_nothing_in_tmp_says_so(plotters: Plotters) -> None:
    assert not plotters["bladebit-ram"].uses_tmp({})
    assert not plotters["bladebit-cuda"].uses_tmp({})
    assert plotters["bladebit-cuda"].uses_tmp({"disk_16": True})
    assert not plotters["chia-v2"].uses_tmp({})
    assert plotters["chia"].uses_tmp({})


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"options": {"thread": 2}}, "did you mean threads?"),
        ({"options": {"threads": "two"}}, "must be a whole number"),
        ({"options": {"threads": True}}, "must be a whole number"),
        ({"options": {"nobitfield": 1}}, "must be true or false"),
        ({"options": {"threads": 0}}, "at least 1"),
        ({"options": {"buckets": 1024}}, "at most 128"),
        ({"options": {"count": 2}}, "not known"),
        ({"k": 17}, "at least"),
        ({"k": 51}, "at most 50"),
    ],
)
@pytest.mark.parametrize("name", ["chia", "chiapos", "chia-chiapos"])
def test_an_unfit_order_is_told_and_not_built(
    plotters: Plotters, name: str, values: dict[str, Any], says: str
) -> None:
    order = orders.of(plotters[name], **values)
    (sentence,) = plotters[name].unfit(order)
    assert says in sentence
    with pytest.raises(UsageError, match=says.replace("?", r"\?")):
        plotters[name].build(order)


@pytest.mark.parametrize(
    ("name", "values", "says"),
    [
        ("madmax", {"contract": None}, "this plotter needs plotting.keys.pool or plotting.keys.contract"),
        ("madmax", {"farmer_key": None}, "this plotter needs plotting.keys.farmer"),
        (
            "madmax",
            {"pool_key": "p"},
            "plotting.keys.pool and plotting.keys.contract exclude one another; give one of them",
        ),
        (
            "chia",
            {"pool_key": "p"},
            "plotting.keys.pool and plotting.keys.contract exclude one another; give one of them",
        ),
        (
            "madmax",
            {"options": {"stagedir": "/s", "tmptoggle": True}},
            "option stagedir and option tmptoggle exclude one another; give one of them",
        ),
        ("madmax", {"k": 35}, "k is 35; this plotter takes at most 34"),
        ("gigahorse", {"options": {"level": 10}}, "option level is 10; this plotter takes at most 9"),
        ("gigahorse-cuda", {"k": 28}, "k is 28; this plotter makes 26, 29, 30, 31, 32, 33, 34"),
        ("gigahorse-cuda-v3", {"k": 33}, "k is 33; this plotter makes 32"),
        ("bladebit-ram", {"k": 33}, "k is 33; this plotter makes 32"),
        (
            "bladebit-ram",
            {"tmp": "/t"},
            "directories.tmp is /t; this plotter keeps nothing there, so name /d instead",
        ),
        (
            "bladebit-1",
            {"tmp": "/t"},
            "directories.tmp is /t; this plotter keeps nothing there, so name /d instead",
        ),
        ("bladebit-ram", {"tmp2": "/t"}, "directories.tmp2 is given, which this plotter does not take"),
        (
            "bladebit-cuda",
            {"tmp": "/t"},
            "directories.tmp is /t; this plotter keeps nothing there without disk_128 or disk_16, so name /d instead",
        ),
        (
            "bladebit-cuda",
            {"tmp2": "/t"},
            "directories.tmp2 is given, which this plotter does not take without disk_128 or disk_16",
        ),
        ("bladebit-disk", {"options": {"compress": 1}}, "option compress is 1; this plotter takes at most 0"),
        (
            "mmx-cuda",
            {"pool_key": "p", "contract": None},
            "plotting.keys.pool is given, which this plotter does not take",
        ),
        ("chia-v2", {"k": 32}, "k is 32; this plotter makes 28"),
    ],
)
def test_what_a_plotter_cannot_do_is_said_in_the_words_of_the_spec(
    plotters: Plotters, name: str, values: dict[str, Any], says: str
) -> None:
    assert says in plotters[name].unfit(orders.of(plotters[name], **values))


def test_chia_takes_its_keys_from_its_own_keyring(plotters: Plotters) -> None:
    for name in ("chia", "chia-madmax", "chia-bladebit-disk"):
        assert plotters[name].unfit(orders.of(plotters[name], farmer_key=None, contract=None)) == ()


def test_what_a_plotter_does_not_take_is_told(plotters: Plotters) -> None:
    chia = plotters["chia"].definition
    rows = tuple(row for row in chia.command.options if row.value not in ("tmp2", "contract"))
    old = Plotter(replace(chia, command=replace(chia.command, options=rows)))
    assert old.unfit(orders.of(old, tmp2="/t2")) == (
        "directories.tmp2 is given, which this plotter does not take",
        "plotting.keys.contract is given, which this plotter does not take",
    )


def test_the_executable_of_the_order_is_taken(plotters: Plotters) -> None:
    for plotter in plotters.values():
        assert plotter.build(orders.of(plotter, executable="/opt/bin/it"))[0] == "/opt/bin/it"


@pytest.mark.parametrize(
    ("name", "k", "program"),
    [
        ("madmax", 32, "chia_plot"),
        ("madmax", 33, "chia_plot_k34"),
        ("madmax", 34, "chia_plot_k34"),
        ("gigahorse", 34, "chia_plot_k34"),
        ("gigahorse-cuda", 29, "cuda_plot_k29"),
        ("mmx-cuda", 30, "mmx_cuda_plot_k30"),
    ],
)
def test_the_executable_goes_by_k(plotters: Plotters, name: str, k: int, program: str) -> None:
    plotter = plotters[name]
    argv = plotter.build(orders.of(plotter, k=k))
    assert argv[0] == program
    assert plotter.read(argv, None).k == k
    question = plotter.question(k)
    assert question is not None
    assert question.argv[0] == program


def test_small_plots_of_chia_are_forced(plotters: Plotters) -> None:
    assert "--override-k" in plotters["chia"].build(orders.of(plotters["chia"], k=25))
    assert "--override-k" not in plotters["chia"].build(orders.of(plotters["chia"], k=32))


def test_bladebits_own_order_is_kept(plotters: Plotters) -> None:
    """Global options, the sub-command, its own options, the output directory."""
    plotter = plotters["bladebit-disk"]
    argv = plotter.build(
        orders.of(plotter, tmp2="/t2", options={"threads": 8, "buckets": 128, "alternate": True})
    )
    assert argv == (
        "bladebit",
        "-n",
        "1",
        "-t",
        "8",
        "-f",
        "fa" * 48,
        "-c",
        "xch1any",
        "diskplot",
        "-b",
        "128",
        "-a",
        "-t1",
        "/t",
        "-t2",
        "/t2",
        "/d",
    )


def test_threads_are_the_options_or_the_plotters_own(plotters: Plotters) -> None:
    assert plotters["chia"].threads({"threads": 7}) == 7
    assert plotters["chia"].threads({}) == 2
    assert plotters["gigahorse-cuda"].threads({"ndevices": 3}) == 1


def test_levels_are_the_options_or_the_plotters_own(plotters: Plotters) -> None:
    assert plotters["gigahorse"].compression({}) == 1
    assert plotters["gigahorse"].compression({"level": 7}) == 7
    assert plotters["bladebit-cuda"].compression({}) is None
    assert plotters["bladebit-cuda"].compression({"compress": 0}) is None
    assert plotters["chia-bladebit-cuda"].compression({}) == 1
    assert plotters["chia"].compression({"level": 7}) is None


@pytest.mark.parametrize(
    ("name", "output", "fits"),
    [
        ("chia", "2.7.5\n", True),
        ("chia", "Chia-1.8\n", False),
        ("bladebit-1", "1.2.4\n", True),
        ("bladebit-ram", "1.2.4\n", False),
        ("bladebit-disk", "3.1.1-dev\n", True),
        ("bladebit-cuda", "2.0.1\n", False),
        ("madmax", "Multi-threaded pipelined Chia k32 plotter - 5b5bd68\n\nUsage:\n", True),
        ("gigahorse", "Usage:\n  chia_plot [OPTION...]\n\n  -C, --level arg  Compression level\n", True),
        ("gigahorse", "Multi-threaded pipelined Chia k32 plotter - 5b5bd68\n", False),
        ("chia-v2", "Error: No such command 'create2'.\n", False),
    ],
)
def test_an_answer_tells_whether_the_version_is_covered(
    plotters: Plotters, name: str, output: str, fits: bool
) -> None:
    plotter = plotters[name]
    question = plotter.question(
        plotter.definition.command.ks[0] if plotter.definition.command.ks else 32, "/opt/it"
    )
    assert question is not None
    assert question.argv[0] == "/opt/it"
    assert question.answered(output) is fits
