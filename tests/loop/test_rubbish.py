"""A loop that runs looks for rubbish seldom, and leaves the interpreter as it was."""

from __future__ import annotations

import gc

from reconciler.loop import SELDOM
from tests.loop.farm import Farm


def test_only_while_it_holds_its_locks() -> None:
    before = gc.get_threshold()
    with Farm().loop().locks():
        assert gc.get_threshold() == (max(SELDOM, before[0]), *before[1:])
    assert gc.get_threshold() == before
