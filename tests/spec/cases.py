"""The data cases: one YAML file a case."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

CASES = Path(__file__).parents[1] / "cases"


def cases(folder: str) -> dict[str, dict[str, Any]]:
    """Every case of a folder, by its file's name."""
    found = {
        path.stem: yaml.safe_load(path.read_text("utf-8")) for path in sorted((CASES / folder).glob("*.yaml"))
    }
    assert found, f"no cases in {folder}"
    return found
