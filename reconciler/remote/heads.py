"""The first bytes of a farmer's old plots, each read once. A cache."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from reconciler.inquiry import Found, Volume
from reconciler.state import Fact, Known

AT_ONCE = 100
"""Heads that are read in one round."""

STILL = 60.0
"""Seconds that a file must have been left alone before its head is kept."""


class Heads:
    """The heads that were read, by folder, name and size: a plot's name carries its id, and so tells its head."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str, int], bytes] = {}

    def add_to(
        self, volumes: Mapping[str, Fact[Volume]], read: Callable[[Sequence[str]], Mapping[str, bytes]]
    ) -> Mapping[str, Fact[Volume]]:
        """The volumes with every plot's head, as far as it was read; without one, it will be in a later round.

        read: reads the heads of some files, by path; what cannot be read is left out.
        """
        known = {path: fact.value for path, fact in volumes.items() if isinstance(fact, Known)}
        plots = {(path, f.name, f.bytes): f for path, volume in known.items() for f in volume.every}
        # Only of folders that have answered anything is forgotten.
        self._kept = {key: had for key, had in self._kept.items() if key in plots or key[0] not in known}
        new = [key for key in plots if key not in self._kept][:AT_ONCE]
        heads = dict(self._kept)
        came = read([f"{path}/{name}" for path, name, _ in new]) if new else {}
        for key in new:
            if head := came.get(f"{key[0]}/{key[1]}"):
                heads[key] = head
                if (plots[key].age or 0.0) > STILL:
                    self._kept[key] = head

        def headed(path: str, file: Found) -> Found:
            return replace(file, head=heads.get((path, file.name, file.bytes), b""))

        with_heads = {
            path: Known(replace(volume, every=tuple(headed(path, file) for file in volume.every)))
            for path, volume in known.items()
        }
        return {**volumes, **with_heads}
