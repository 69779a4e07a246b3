"""A bare mirror of the one ref that is followed, read without a checkout.

It is a cache: one that is damaged is made anew from the repository.
"""

from __future__ import annotations

import glob
import os
import re
import shutil

from reconciler.noun import noun
from reconciler.sources.command import LARGEST, Git, complaint
from reconciler.sources.refusal import MirrorBroken, Refused
from reconciler.sources.setting import Setting

MET = "refs/plotman/met"
"""Where the mirror keeps what was fetched last."""

PACKS = 50
"""With more packs than this, they are joined."""

_LOST = ("couldn't find remote ref", "not our ref", "unadvertised object", "no such remote ref")
_HOSTILE = ("fsck error", "error in object", "fsckObjects")
_ENTRY = re.compile(r"([0-7]{6}) ([a-z]+) ([0-9a-f]+) +([0-9]+|-)\t(.*)", re.DOTALL)


@noun
class Met:
    """What a ref led to. tag: the id of the annotated tag on the way; None: there is none."""

    commit: str
    tag: str | None


@noun
class Entry:
    """What a tree holds under a path. mode: octal, as git writes it; bytes: of a file, else 0."""

    mode: str
    id: str
    bytes: int


class Mirror:
    """The mirror of one repository."""

    def __init__(self, git: Git, setting: Setting) -> None:
        self.git = git
        self._setting = setting

    def fetch(self) -> Met:
        """Fetch what the ref leads to now.

        Raises Refused where there is none to be had, MirrorBroken where the mirror cannot be used.
        """
        self._prepare()
        options = ["--quiet", "--force", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance"]
        setting = self._setting
        branch = f"refs/tags/{setting.tag}" if setting.tag else f"refs/heads/{setting.ref}"
        wanted = f"+{setting.commit or branch}:{MET}"
        ran = self.git.fetch(*options, "--end-of-options", setting.address.url, wanted)
        if ran.code != 0:
            if self._sweep() >= LARGEST:
                raise Refused("invalid", f"the repository is larger than {LARGEST:,} bytes")
            self._check()
            raise self._refusal(ran.err)
        return self._met()

    def descends(self, commit: str, old: str) -> bool:
        """Does the commit's history hold the old one?"""
        if self.git.ask("cat-file", "-e", f"{old}^{{commit}}").code != 0:
            return False
        ran = self.git.ask("merge-base", "--is-ancestor", old, commit)
        if ran.code not in (0, 1):
            raise MirrorBroken(f"git merge-base in {self.git.folder}: {complaint(ran.err)}")
        return ran.code == 0

    def entries(self, commit: str, path: str) -> tuple[Entry, ...]:
        """What the commit's tree holds under that very path: nothing, one thing, or several in a forged tree."""
        out = self.git.tell("ls-tree", "-z", "-l", "--full-tree", commit, "--", path)
        found = [match for line in out.split("\0") if (match := _ENTRY.fullmatch(line))]
        return tuple(
            Entry(match[1], match[3], 0 if match[4] == "-" else int(match[4]))
            for match in found
            if match[5] == path
        )

    def blob(self, id: str) -> bytes:
        """A file's bytes, which are known to be few."""
        return self.git.tell("cat-file", "blob", id).encode("utf-8", "surrogateescape")

    def discard(self) -> None:
        """Forget it all."""
        shutil.rmtree(self.git.folder, ignore_errors=True)

    def _met(self) -> Met:
        id = self.git.tell("rev-parse", "--verify", "--quiet", MET).strip()
        kind = self.git.tell("cat-file", "-t", id).strip()
        ran = self.git.ask("rev-parse", "--verify", "--quiet", f"{id}^{{commit}}")
        if ran.code != 0:
            raise Refused("invalid", f"{self._setting.ref} leads to a {kind}, not to a commit")
        return Met(ran.out.strip(), id if kind == "tag" else None)

    def _prepare(self) -> None:
        folder = self.git.folder
        if not os.path.isfile(os.path.join(folder, "HEAD")):
            os.makedirs(folder, exist_ok=True)
            # An empty template brings no hooks.
            self.git.tell("init", "--quiet", "--bare", "--template=", folder)
        self._sweep()
        packs = glob.glob("objects/pack/*.pack", root_dir=folder)
        if len(packs) > PACKS:
            self.git.tell("repack", "-a", "-d", "-q")

    def _sweep(self) -> int:
        """Remove what a fetch left that did not come to its end; the bytes of the largest such file."""
        left = [
            os.path.join(folder, name)
            for folder, _, names in os.walk(self.git.folder)
            for name in names
            if name.startswith("tmp_") or name.endswith(".lock")
        ]
        largest = max((os.path.getsize(path) for path in left), default=0)
        for path in left:
            os.unlink(path)
        return largest

    def _check(self) -> None:
        """Raises MirrorBroken where what it should hold is not there: then a fetch fails for its sake."""
        if self.git.ask("rev-parse", "--is-bare-repository").out.strip() != "true":
            raise MirrorBroken(f"{self.git.folder} is no repository")
        ran = self.git.ask("rev-list", "--objects", "--all", "--quiet")
        if ran.code != 0:
            raise MirrorBroken(f"{self.git.folder}: {complaint(ran.err)}")

    def _refusal(self, err: str) -> Refused:
        setting = self._setting
        if any(words in err for words in _LOST):
            what = (
                f"tag {setting.tag}"
                if setting.tag
                else f"{'commit' if setting.commit else 'branch'} {setting.ref}"
            )
            return Refused("invalid", f"the repository holds no {what}")
        if any(words in err for words in _HOSTILE):
            return Refused("invalid", f"the repository holds what git refuses: {complaint(err)}")
        return Refused("unreachable", complaint(err))
