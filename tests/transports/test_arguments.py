from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errand import Errand, Way, to_argv
from reconciler.inquiry import Daemon, Login
from reconciler.transports.arguments import from_argv

words = st.text(st.characters(exclude_characters="\0"))
names = st.text(st.characters(exclude_characters="/\0"), min_size=1)
plots = names.filter(lambda name: name not in {".", ".."})
local = st.just("local")
maybe = st.none() | words
logins = st.builds(
    Login, host=words, user=maybe, port=st.none() | st.integers(1, 65535), identity=maybe, jump=maybe
)
daemons = st.builds(Daemon, host=words, module=words, root=words, user=maybe, password_file=maybe)
ways = st.builds(
    Way,
    login=st.none() | logins,
    daemon=st.none() | daemons,
    folder=words,
    floor=st.integers(0, 1 << 60),
    verify=st.sampled_from(("size", "sha256")),
    bandwidth=st.none() | st.integers(1, 1 << 40),
    idle=st.booleans(),
    argv=st.lists(words).map(tuple),
)
orders = st.builds(
    Errand,
    plot=plots,
    source=words,
    farmer=words,
    disk=words,
    transport=local,
    host=words,
    id=words,
    logs=words,
    way=ways,
)


@given(orders)
def test_an_order_reads_back_from_its_arguments(errand: Errand) -> None:
    assert from_argv(to_argv(errand)) == errand


@pytest.mark.parametrize("wrong", ["--plot=../x.plot", "--plot=", "--plot=..", "--transport=pigeon"])
def test_an_order_that_cannot_be_is_refused(wrong: str, capsys: pytest.CaptureFixture[str]) -> None:
    right = to_argv(Errand(plot="p", source="/s", farmer="f", disk="/d", transport="local", host="h", id="1"))
    with pytest.raises(SystemExit):
        from_argv([*right, wrong])
    assert "would be right" in capsys.readouterr().err
