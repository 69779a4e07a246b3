"""Nothing that comes from outside can steer a terminal, and no secret is shown in full."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from reconciler.state import Known, Unknown
from reconciler.views import words
from reconciler.views.symbols import ASCII, UNICODE

from .samples import CONTRACT, FIRST, KEY, job

HEX = st.text("0123456789abcdef", min_size=96, max_size=96)


@given(st.text() | st.text(st.characters(categories=("Cc", "Cf", "Cs"))))
def test_only_printable_characters_are_shown(text: str) -> None:
    assert words.clean(text).isprintable()


@given(HEX, st.sampled_from(["-f {}", "key {} is wrong", "(0x{})", "'{}'", "{}"]))
def test_keys_are_never_shown_in_full(key: str, around: str) -> None:
    shown = words.clean(around.format(key))
    assert key[:8] in shown
    assert key[:20] not in shown


def test_contracts_are_never_shown_in_full_and_plot_ids_are() -> None:
    assert CONTRACT[:12] not in words.clean(f"-c {CONTRACT} -f {KEY}")
    assert words.clean(FIRST) == FIRST


def test_a_plot_is_called_by_its_k_and_the_start_of_its_id() -> None:
    name = f"plot-k32-2023-11-14-20-00-{FIRST}.plot"
    assert words.plot_name(name, UNICODE) == "plot-k32-…-1b2c3d4e"
    assert words.plot_name(name, ASCII) == "plot-k32-...-1b2c3d4e"
    assert words.plot_name("other\n.plot", UNICODE) == "other?.plot"


def test_a_job_is_called_by_its_plot_id_and_before_by_its_own() -> None:
    assert words.job_id(job("0123456789ab", "/t", plot_id=Known(FIRST))) == "1b2c3d4e"
    assert words.job_id(job("0123456789ab", "/t", plot_id=Unknown("not yet"))) == "01234567"


@given(st.floats(min_value=0, max_value=1e9))
def test_hours_tell_all_but_the_seconds(seconds: float) -> None:
    shown = words.hours(seconds)
    if shown.endswith("s"):
        assert int(shown[:-1]) == int(seconds) < 60
    else:
        hours, minutes = shown.split(":")
        assert int(hours) * 60 + int(minutes) == int(seconds) // 60
