"""Folders by pattern, level by level, so that each mount on the way answers for itself."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Mapping, Sequence

from reconciler.machine.text import plain_name
from reconciler.state import Absent, Fact, Known, Unknown

WILD = re.compile(r"[*?[]")

# Names of each directory's folders and links, True for a link; and whether each path is a directory.
Folders = Callable[[Sequence[str]], Mapping[str, Fact[tuple[tuple[str, bool], ...]]]]
Check = Callable[[Sequence[str]], Mapping[str, Fact[None]]]


def glob(pattern: str, folders: Folders, check: Check) -> Fact[tuple[str, ...]]:
    """The folders that match, sorted; Unknown where a folder on the way could not be listed.

    A wildcard stays within one level and does not match a leading dot. What may be a folder and does not
    answer is among them: whoever asks it will be told. A pattern without wildcards is itself.
    """
    if not WILD.search(pattern):
        return Known((pattern,))
    sure: list[str] = [""]
    unsure: list[str] = []
    for part in filter(None, pattern.split("/")):
        above = sure + unsure
        if not WILD.search(part):
            sure, unsure = [], [f"{path}/{part}" for path in above]
            continue
        fits = re.compile(fnmatch.translate(part)).match
        sure, unsure = [], []
        for path, names in folders([path or "/" for path in above]).items():
            if isinstance(names, Unknown):
                return Unknown(f"{plain_name(path)} {names.why}")
            if isinstance(names, Known):
                for name, link in names.value:
                    if fits(name) and (part.startswith(".") or not name.startswith(".")):
                        (unsure if link else sure).append(f"{path.rstrip('/')}/{name}")
    answers = check(unsure)
    sure += [path for path in unsure if not isinstance(answers[path], Absent)]
    return Known(tuple(sorted(map(plain_name, sure))))
