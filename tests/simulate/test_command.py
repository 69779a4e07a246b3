"""`plotman simulate` tells what a spec comes to on a machine."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from os.path import dirname, join
from pathlib import Path
from typing import Any

import pytest

from reconciler.commands import main

MACHINES = join(dirname(__file__), "..", "..", "examples", "machines")


@pytest.fixture
def simulate(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Run it on the smallest example machine: (exit code, stdout, stderr)."""

    def run(*arguments: str, spec: str = join(MACHINES, "specs", "nuc4.yaml")) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main(["simulate", spec, "--machine", join(MACHINES, "nuc4.yaml"), *arguments])
        told = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return ended.value.code, told.out, told.err

    return run


Simulate = Callable[..., tuple[int, str, str]]


def _json(simulate: Simulate, *arguments: str) -> dict[str, Any]:
    code, out, err = simulate("--json", *arguments)
    assert (code, err) == (0, "")
    found: dict[str, Any] = json.loads(out)
    return found


def test_the_page_names_plots_a_day_the_bound_and_what_binds(simulate: Simulate) -> None:
    code, out, err = simulate("--days", "1")
    assert (code, err) == (0, "")
    found = _json(simulate, "--days", "1")
    assert out.startswith(f"{found['plots_a_day']:.1f} plots a day, ")
    assert f"bound of {found['bound']:.1f} that cpu sets" in out
    assert "nvme0" in out


@pytest.mark.parametrize("room", ["bytes: 1GB", "bytes: 100GB"])
def test_a_machine_without_room_for_a_plot_makes_none_and_is_told_what_binds(
    simulate: Simulate, tmp_path: Path, room: str
) -> None:
    small = tmp_path / "small.yaml"
    small.write_text(re.sub(r"bytes: \d+TB", room, Path(MACHINES, "nuc4.yaml").read_text()))
    code, out, err = simulate("--days", "1", "--machine", str(small))
    assert (code, err) == (0, "")
    assert out.startswith("0.0 plots a day, with a bound of 0.0 that farm room sets\n")


def test_the_same_seed_gives_the_same_document(simulate: Simulate) -> None:
    assert _json(simulate, "--days", "1", "--seed", "3") == _json(simulate, "--days", "1", "--seed", "3")


def test_work_fitted_to_fast_logs_makes_more_plots(simulate: Simulate, tmp_path: Path) -> None:
    lines = [
        "Starting plotting progress into temporary dirs: /tmp0 and /tmp0",
        f"ID: {'ab' * 32}",
        "Plot size is: 32",
        *(
            f"Time for phase {number} = {seconds} seconds."
            for number, seconds in enumerate((4000, 1600, 3200, 200), 1)
        ),
        "Total time = 9000.000 seconds. CPU (139.320%)",
        'Renamed final file from "/dst/a.plot.2.tmp" to "/dst/a.plot"',
    ]
    (tmp_path / "plot.log").write_text("\n".join(lines) + "\n")
    plain, fast = _json(simulate, "--days", "1"), _json(simulate, "--days", "1", "--from-logs", str(tmp_path))
    assert fast["bound"] == pytest.approx(2 * plain["bound"], rel=0.1)


def test_the_page_with_pictures_shows_every_drive_and_needs_nothing_else(
    simulate: Simulate, tmp_path: Path
) -> None:
    code, _, err = simulate("--days", "1", "--html", str(tmp_path / "page.html"))
    assert (code, err) == (0, "")
    page = (tmp_path / "page.html").read_text()
    assert page.count("<svg") == page.count("</svg>") == 7
    assert all(name in page for name in ("nvme0", "hdd0", "hdd1", "hdd2", "phase 3"))
    assert "<script" not in page
    assert "http" not in page.replace("http://www.w3.org", "")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--from-logs", "/nonexistent"], "no log of a finished plot"),
        (["--days", "0"], "--days"),
        (["--machine", "/nonexistent.yaml"], "/nonexistent.yaml"),
    ],
)
def test_what_cannot_be_is_told(simulate: Simulate, arguments: list[str], told: str) -> None:
    code, out, err = simulate(*arguments)
    assert (code in (64, 65), out) == (True, "")
    assert told in err


def test_a_farm_that_the_machine_has_not_is_refused(simulate: Simulate, tmp_path: Path) -> None:
    spec = tmp_path / "spec.yaml"
    spec.write_text(Path(MACHINES, "specs", "nuc4.yaml").read_text().replace("/farm/0", "/barn/0"))
    code, _, err = simulate(spec=str(spec))
    assert code == 64
    assert "farm has no disk on any drive of the machine; add /barn/00 or /barn/01" in err


def test_a_spec_for_another_machine_is_refused(simulate: Simulate) -> None:
    code, _, err = simulate(spec=join(MACHINES, "specs", "mid12.yaml"))
    assert code == 64
    assert "/mnt/tmp/01 lies on no drive" in err
