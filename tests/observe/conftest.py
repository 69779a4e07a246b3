from __future__ import annotations

from tests.real.conftest import _importable, make, plot

__all__ = ["_importable", "make", "plot"]
