"""`plotman config validate` of a source document."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner, Result

from reconciler.commands.config_validate import validate
from tests.sources.forge import PATH, Forge, spec


def judged(forge: Forge, folder: Path) -> Result:
    document = {"git": forge.url, "path": PATH, "state": str(folder / "state")}
    (folder / "source.yaml").write_text(json.dumps(document))
    return CliRunner().invoke(validate, [str(folder / "source.yaml")], standalone_mode=False)


def test_the_newest_spec_of_the_repository_is_checked_and_nothing_is_kept(
    forge: Forge, tmp_path: Path
) -> None:
    forge.commit({PATH: spec()})
    result = judged(forge, tmp_path)
    assert (result.return_value, result.output) == (0, "1 valid\n")
    assert not (tmp_path / "state").exists()


def test_a_newest_spec_that_is_wrong_is_told_at_its_place(forge: Forge, tmp_path: Path) -> None:
    forge.commit({PATH: spec()})
    forge.commit({PATH: spec(more="plottin: {}\n")})
    result = judged(forge, tmp_path)
    assert result.return_value == 65
    assert f"{PATH}:3:1: plottin: is not a key here" in result.output
