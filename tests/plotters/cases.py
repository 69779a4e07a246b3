"""The data cases of `tests/cases/plotters`, and the real logs where this machine has them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
CASES = ROOT / "tests" / "cases" / "plotters"
REAL = ROOT.parent / "shared" / "plotter-logs"


def read(path: Path) -> Any:
    """A YAML file's values."""
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def argvs() -> Iterator[tuple[str, dict[str, Any]]]:
    """Each argv case with the definition that it is for."""
    for path in sorted(CASES.glob("*/argv.yaml")):
        for case in read(path):
            yield path.parent.name, case


def logs() -> Iterator[tuple[str, bytes, dict[str, Any]]]:
    """Each log case with the definition that it is for."""
    for path in sorted(CASES.glob("*/*.log")):
        yield path.parent.name, path.read_bytes(), read(path.with_suffix(".yaml"))


def real() -> Iterator[tuple[str, bytes, dict[str, Any]]]:
    """Each real log with what its index says, and the definition that reads it."""
    index = REAL / "INDEX.yaml"
    for entry in read(index) if index.exists() else ():
        name = "chia" if entry["plotter"] == "chiapos" else entry["plotter"]
        yield name, (REAL / entry["file"]).read_bytes(), entry
