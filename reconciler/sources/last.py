"""The last good spec of a repository, as the loop that follows it has kept it: for whoever only reads."""

from __future__ import annotations

from reconciler.revision import Revisions
from reconciler.sources import Source
from reconciler.sources.kept import Kept, Load
from reconciler.sources.setting import Setting
from reconciler.spec.loaded import Loaded


class LastSource(Source):
    """Reads what is kept, anew each time; it asks no repository."""

    def __init__(self, setting: Setting, load: Load) -> None:
        self._setting = setting
        self._load = load
        self._kept = Kept(None, None)

    def current(self) -> Loaded:
        """The last good spec. Raises SpecError where none is kept."""
        self._kept = Kept.read(self._setting.folder)
        return self._kept.loaded(self._load, self._setting.folder)

    def problem(self) -> str | None:
        """Why the newest revision is not in force, as the loop told it last."""
        seen = self._kept.revisions
        return self._kept.damage or (seen.problem if seen is not None else None)

    def revisions(self) -> Revisions | None:
        """How far the repository is followed, as the loop told it last."""
        return self._kept.revisions
