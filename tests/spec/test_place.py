"""Where a user's files lie."""

from __future__ import annotations

import platformdirs
import pytest

from reconciler.spec.place import user_folder

KINDS = ("cache", "config", "data")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("said", ["/srv/here", "/srv/two words/", "", "relative", None])
def test_it_is_where_platformdirs_finds_it(
    kind: str, said: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    for each in KINDS:
        monkeypatch.delenv(f"XDG_{each.upper()}_HOME", raising=False)
    if said is not None:
        monkeypatch.setenv(f"XDG_{kind.upper()}_HOME", said)
    theirs = getattr(platformdirs, f"user_{kind}_path")("plotman")
    assert user_folder(kind) == str(theirs)  # type: ignore[arg-type]
