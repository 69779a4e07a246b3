"""What stands: the spec that is in force, and how far the repository is followed."""

from __future__ import annotations

from dataclasses import replace

from reconciler.errors import DocumentError
from reconciler.noun import noun
from reconciler.revision import Revision, Revisions
from reconciler.sources.kept import Kept, Load
from reconciler.sources.refusal import Refused
from reconciler.sources.setting import Setting
from reconciler.spec.loaded import Loaded


@noun
class Standing:
    """loaded: None while there has been no good spec. damage: what is wrong with the one that was kept."""

    loaded: Loaded | None
    revisions: Revisions
    damage: str | None = None

    @property
    def problem(self) -> str | None:
        """Why nothing newer is in force, or nothing at all; None: all is well."""
        return "\n".join(each for each in (self.revisions.problem, self.damage) if each) or None

    @property
    def news(self) -> tuple[object, ...]:
        """What of it is worth a ring: all but when the repository answered."""
        return replace(self.revisions, asked=None), self.damage

    def met(self, commit: str, ref: str, now: float) -> Revision:
        """The revision of a commit that was met, dated when that was first."""
        known = (self.revisions.attempted, self.revisions.applied)
        at = next((old.at for old in known if old is not None and old.commit == commit), now)
        return Revision(commit=commit, ref=ref, at=at)

    def attempting(self, revision: Revision) -> Standing:
        """The same, with a newer revision that was met."""
        return replace(self, revisions=replace(self.revisions, attempted=revision))

    def answered(self, now: float) -> Standing:
        """The same, after the repository has answered."""
        return replace(self, revisions=replace(self.revisions, asked=now))

    def refused(self, refused: Refused) -> Standing:
        """The same, with what keeps the newest revision from being in force."""
        told = replace(self.revisions, obstacle=refused.obstacle, problem=str(refused))
        return replace(self, revisions=told)

    def adopted(self, revision: Revision, loaded: Loaded) -> Standing:
        """That revision and its spec are in force."""
        told = replace(self.revisions, applied=revision, attempted=revision, obstacle=None, problem=None)
        return Standing(loaded, told)


def restored(setting: Setting, load: Load) -> Standing:
    """What stands by what the state folder kept, as far as that is of this repository and path."""
    kept = Kept.read(setting.folder)
    nothing = Revisions(source=setting.shown, applied=None, attempted=None, asked=None)
    good, seen = kept.good, kept.revisions
    if good is None or good.source != setting.shown:
        return Standing(None, nothing, kept.damage)
    try:
        loaded = good.loaded(load)
    except DocumentError as error:
        return Standing(None, nothing, f"the spec that was kept is not usable any more: {error}")
    if seen is None or (seen.source, seen.applied) != (good.source, good.revision):
        seen = replace(nothing, applied=good.revision, attempted=good.revision)
    return Standing(loaded, seen, kept.damage)
