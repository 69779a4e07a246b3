from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.plotters import Plotters


@pytest.fixture(scope="session")
def plotters() -> Plotters:
    return Plotters.load([str(Path(__file__).parent / "plotters")])
