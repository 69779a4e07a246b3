"""What stays on disk: enough to go on without the repository, and never trusted where it was damaged."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler.errors import SourceError, SpecError
from reconciler.sources.kept import Kept
from tests.sources.following import applied, following, read, setting, tmps, until
from tests.sources.forge import PATH, Forge, spec


@pytest.fixture
def state(forge: Forge, tmp_path: Path) -> Path:
    """The state folder of a host that followed one commit; by now the repository is away."""
    forge.commit(
        {PATH: spec("/mnt/a", more="extends: [../base.yaml]\n"), "base.yaml": "space: {floor: 7GB}\n"}
    )
    with following(setting(forge.url, tmp_path / "state")) as source:
        source.current()
    forge.folder.rename(tmp_path / "away")
    return tmp_path / "state"


def test_another_process_reads_spec_and_revisions_without_the_repository(state: Path) -> None:
    script = (
        "import sys\n"
        "from reconciler.sources.kept import Kept\n"
        "from tests.sources.following import read\n"
        "kept = Kept.read(sys.argv[1])\n"
        "print(kept.loaded(read, sys.argv[1]).spec.space.floor, kept.revisions.applied)\n"
    )
    argv = [sys.executable, "-c", script, str(state)]
    ran = subprocess.run(argv, capture_output=True, text=True, check=True, timeout=60)
    good = Kept.read(str(state)).good
    assert good is not None
    assert ran.stdout == f"7000000000 main@{good.revision.commit[:7]}\n"


def test_the_digest_of_the_kept_spec_is_that_of_the_followed_one(
    forge: Forge, state: Path, tmp_path: Path
) -> None:
    kept = Kept.read(str(state))
    (tmp_path / "away").rename(forge.folder)
    with following(setting(forge.url, state)) as source:
        source.current()
        assert kept.good is not None
        until(source, applied(kept.good.revision.commit))
        assert kept.loaded(read, str(state)).digest == kept.good.digest == source.current().digest


def _changed(text: str) -> str:
    return text.replace("/mnt/a", "/mnt/b")


DAMAGES: dict[str, Callable[[str], str]] = {
    "a letter": _changed,
    "cut": lambda text: text[: len(text) // 2],
    "emptied": lambda _: "",
    "zeros": lambda text: "\0" * len(text),
    "another document": lambda _: "[1, 2]",
    "another version": lambda text: text.replace('"version": 1', '"version": 2'),
    "a key is missing": lambda text: json.dumps({**json.loads(text), "value": {}}),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_spec_is_said_and_not_trusted(
    damage: str, forge: Forge, state: Path, tmp_path: Path
) -> None:
    good = state / "good.json"
    good.write_text(DAMAGES[damage](good.read_text()))
    kept = Kept.read(str(state))
    assert kept.good is None and kept.damage is not None
    assert f"{good} is damaged" in kept.damage
    with following(setting(forge.url, state)) as source:
        with pytest.raises(SpecError, match=r"good\.json is damaged.*not trusted"):
            source.current()
        (tmp_path / "away").rename(forge.folder)
        until(source, lambda seen: seen.obstacle is None)
        assert tmps(source.current()) == ["/mnt/a"]
        assert source.problem() is None
    assert Kept.read(str(state)).damage is None


def test_of_another_repository_or_path_nothing_is_taken(forge: Forge, state: Path) -> None:
    for given in (setting(f"{forge.url}2", state), setting(forge.url, state, path="hosts/h08.yaml")):
        with (
            following(given) as source,
            pytest.raises(SourceError, match="does not appear to be a git repository"),
        ):
            source.current()


def test_a_folder_without_anything_says_how_it_is_filled(tmp_path: Path) -> None:
    kept = Kept.read(str(tmp_path / "none"))
    assert kept == Kept(None, None)
    with pytest.raises(SpecError, match="holds no spec yet"):
        kept.loaded(read, str(tmp_path / "none"))


def test_without_a_spec_that_fits_any_more_the_host_says_so(state: Path, forge: Forge) -> None:
    good = state / "good.json"
    document = json.loads(good.read_text())
    from reconciler.sources import kept

    document["value"]["text"] = "version: 3\nnews: true\n"
    document["sum"] = kept._sum(document["value"])
    good.write_text(json.dumps(document))
    with (
        following(setting(forge.url, state)) as source,
        pytest.raises(SpecError, match="the spec that was kept is not usable any more"),
    ):
        source.current()
