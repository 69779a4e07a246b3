"""`config validate --live` asks the plotter's executable who it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from .conftest import Make
from .farm import Farm

KEYS = {"farmer": "a1" * 48, "pool": "b2" * 48}


def live(make: Make, code: int = 0, **plotting: object) -> tuple[Farm, list[str]]:
    """A farm, and the lines about its plotter: those about directories are left out."""
    farm = make(plotting={"options": {}, **plotting}, archive=None)
    told = farm.says("config", "validate", "--live", str(farm.path), code=code)
    return farm, [line for line in told.splitlines() if "[one-device]" not in line]


def place(farm: Farm, value: str) -> str:
    """Where the spec gives a value, as file, line and column."""
    return f"{farm.path}:1:{farm.path.read_text().index(value) + 1}"


def test_an_executable_that_is_missing_is_an_error_at_its_key(make: Make) -> None:
    farm, told = live(make, 65, plotter="chia", k=32, keys=KEYS, executable="/nowhere/chia")
    assert told == [
        f"{place(farm, chr(34) + '/nowhere')}: plotting.executable: /nowhere/chia cannot be run:"
        " no such file or directory; set plotting.executable [live]"
    ]


def test_a_plotter_that_is_not_on_the_path_is_an_error_at_its_name(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    farm, told = live(make, 65, plotter="madmax", keys=KEYS)
    assert told == [
        f"{place(farm, chr(34) + 'madmax')}: plotting.plotter: chia_plot cannot be run:"
        " no such file or directory; set plotting.executable [live]"
    ]


@pytest.mark.parametrize(
    ("lines", "answer"), [("echo hello there; echo again", "'hello there'"), ("exit 3", "'nothing'")]
)
def test_another_program_is_a_warning_with_what_it_answered(make: Make, lines: str, answer: str) -> None:
    script = make("other").script(lines)
    farm, told = live(make, plotter="bladebit-disk", k=32, keys=KEYS, executable=str(script))
    assert told == [
        f"{place(farm, chr(34) + str(script))}: plotting.executable: {script} is not known"
        f" to be bladebit-disk: it answers {answer} [live] warning",
        "1 valid",
    ]


def test_a_version_that_the_definition_covers_passes_and_another_is_told(make: Make) -> None:
    script = make("other").script("echo 1.8.2")
    found = {}
    for version in ("1.8.2", "3.0.1"):
        script.write_text(f"#!/bin/sh\necho {version}\n")
        _, told = live(make, plotter="chia", k=32, keys=KEYS, executable=str(script))
        found[version] = len(told)
    assert found == {"1.8.2": 1, "3.0.1": 2}


def test_the_reference_plotter_passes(make: Make) -> None:
    assert live(make)[1] == ["1 valid"]
