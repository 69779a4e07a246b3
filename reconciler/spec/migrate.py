"""From a plotman.yaml of versions 0, 1 or 2 to a spec of version 3.

Version 0 has no `version` key, keeps its logs at `directories.log`, the overrides at
`directories.tmp_overrides`, the archive at `directories.archive` and the plotter's options right below
`plotting`; version 1 moves the archive to `archiving`; version 2 moves the logs to `logging.plots` and the
options below the plotter's name. Each key is looked for wherever any version has it.

The original starts a job on a tmp directory when fewer than `tmpdir_stagger_phase_limit` of its jobs are
before `tmpdir_stagger_phase_major:minor`, which is what `stagger: {until, at_most}` says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from reconciler.errors import Problem, SpecError
from reconciler.noun import noun
from reconciler.spec import old_archive, old_keys, tree, units
from reconciler.spec.comments import comments_of
from reconciler.spec.loading import parse
from reconciler.spec.old_archive import Farm
from reconciler.spec.old_keys import MOVES, OPTIONS, REASONS, STAGGER, Convert
from reconciler.spec.tree import Path, Tree, Value, render
from reconciler.spec.writing import Comment, write


@noun
class Migrated:
    """A new spec's text, and what is not in it or had to change, each with its place and the reason."""

    text: str
    left: tuple[Problem, ...]


def migrate(text: str, name: str) -> Migrated:
    """Convert a plotman.yaml. name: what messages call it.

    Raises SpecError where it cannot be read, is no old plotman.yaml, or makes no usable spec.
    """
    old = tree.read(text, name)
    if old.problems:
        raise SpecError(old.problems)
    if not isinstance(old.value, dict) or not isinstance(old.value.get("directories"), dict):
        message = "is no plotman.yaml of versions 0 to 2: it has no directories"
        raise SpecError([Problem(name, 1, 1, "", message, "no-plotman-yaml")])
    if old.value.get("version") == 3:
        raise SpecError(
            [Problem(name, 1, 1, "version", "is 3 already; nothing is to be done", "no-plotman-yaml")]
        )
    work = _Migration(old, name)
    work.run()
    if not any(target == ("directories", "logs") for _, target in work.moved):
        message = "names no directory for logs; add an absolute path there"
        raise SpecError([*work.left, Problem(name, 1, 1, "logging.plots", message, "missing-key")])
    written = write(work.new, _moved(comments_of(text, old), work.moved))
    parse(written, f"{name}, migrated", home="/")
    return Migrated(written, tuple(sorted(work.left, key=lambda problem: (problem.line, problem.column))))


@dataclass
class _Migration:
    """A conversion under way.

    new: the spec as far as it stands; moved: old paths, and where they went.
    left: what is to be said of old keys; named: those not carried over; seen: all that are dealt with.
    """

    old: Tree
    name: str
    new: dict[str, Value] = field(default_factory=lambda: {"version": 3, "directories": {}})
    moved: list[tuple[Path, Path]] = field(default_factory=list)
    left: list[Problem] = field(default_factory=list)
    seen: set[Path] = field(default_factory=set)
    named: set[Path] = field(default_factory=set)

    def run(self) -> None:
        """Move what can be moved, and name all else."""
        self._directories()
        for source, target, convert in MOVES:
            self._move(_path(source), _path(target), convert)
        self._pool()
        self._options()
        self._stagger()
        self._overrides()
        self._archive()
        for section in ("directories", "scheduling", "plotting"):
            self.moved.append(((section,), (section,)))
        for key in (("version",), ("logging",), ("scheduling",), ("plotting",), ("directories",)):
            self.seen.add(key)
        self._rest((), self.old.value)

    def _move(self, source: Path, target: Path, convert: Convert) -> None:
        value = self.old.get(source)
        if value is None:
            self.seen.add(source)
            return
        try:
            self._put(source, target, convert(value))
        except ValueError as error:
            # A parser's sentence quotes the value; a key must not be quoted.
            self._leave(source, "it is no text" if "keys" in target else str(error))

    def _put(self, source: Path, target: Path, value: Value) -> None:
        holder = self.new
        for step in target[:-1]:
            inner = holder.setdefault(str(step), {})
            assert isinstance(inner, dict)
            holder = inner
        holder[str(target[-1])] = value
        self.moved.append((source, target))
        self.seen.add(source)

    def _leave(self, source: Path, reason: str) -> None:
        """Name a key, and all below it, as not carried over."""
        self._say(source, f"is not carried over: {reason}", "not-carried")
        self.seen.add(source)
        self.named.add(source)

    def _say(self, source: Path, message: str, rule: str) -> None:
        place = self.old.place(source, key=True)
        self.left.append(Problem(*place, render(source), message, rule, warning=True))

    def _directories(self) -> None:
        for role in ("tmp", "dst"):
            source: Path = ("directories", role)
            value = self.old.get(source)
            self.seen.add(source)
            if value is None:
                continue
            kept: list[Value] = []
            for index, item in enumerate(value if isinstance(value, list) else [value]):
                place = (*source, index) if isinstance(value, list) else source
                try:
                    path = units.parse_path(item)
                except ValueError as error:
                    self._leave(place, str(error))
                    continue
                self.seen.add(place)
                if path in kept:
                    self._leave(place, "it is listed twice")
                    continue
                self.moved.append((place, (*source, len(kept))))
                kept.append(path)
            self._put(source, source, kept)

    def _pool(self) -> None:
        source: Path = ("plotting", "pool_pk")
        if (
            self.old.get(source) is not None
            and self.old.get(("plotting", "pool_contract_address")) is not None
        ):
            self._leave(source, "a pool contract is given, too, and a plot has only one of them")
        else:
            self._move(source, ("plotting", "keys", "pool"), old_keys.text)

    def _options(self) -> None:
        plotter = self.old.get(("plotting", "type"))
        block: Path = ("plotting", plotter) if isinstance(plotter, str) else ("plotting",)
        for key, (target, convert) in OPTIONS.get(str(plotter or "chia"), {}).items():
            self._move((*block, key), ("plotting", *_path(target)), convert)
        self.seen.add(block)
        for other in OPTIONS:
            if other != plotter and self.old.get(("plotting", other)) is not None:
                self._leave(("plotting", other), f"the plotter in use is {plotter or 'chia'}")

    def _stagger(self) -> None:
        found = self._phase(("scheduling",), {})
        if found:
            target: Path = ("scheduling", "tmp", "stagger")
            self._put(("scheduling", STAGGER[0]), target, found)
            if self._alone(("scheduling",)):
                self._put(("scheduling", STAGGER[2]), ("scheduling", "tmp", "max_jobs"), 1)

    def _phase(self, section: Path, inherited: Mapping[str, Value]) -> dict[str, Value]:
        """The stagger of the whole schedule, or of one override with what it inherits; {} where none is set."""
        numbers: dict[str, int] = {STAGGER[2]: 1}
        given = False
        for key in STAGGER:
            value = self.old.get((*section, key))
            if value is None:
                value = inherited.get(key)
            else:
                given = True
            try:
                if value is not None:
                    numbers[key] = old_keys.whole(value)
            except ValueError as error:
                self._leave((*section, key), str(error))
            self.seen.add((*section, key))
        if not given or STAGGER[0] not in numbers or STAGGER[1] not in numbers:
            return {}
        until, exact = _milestone(numbers[STAGGER[0]], numbers[STAGGER[1]])
        own = [(*section, key) for key in STAGGER[:2] if (*section, key) in self.old.keys]
        if not exact and own:
            phase = f"{numbers[STAGGER[0]]}:{numbers[STAGGER[1]]}"
            self._say(own[0], f"is carried over as {until}: no job reaches {phase}", "changed")
        return {"until": until, "at_most": max(1, numbers[STAGGER[2]])}

    def _alone(self, section: Path) -> bool:
        """Whether the limit lets a job start only where none is; it is named then."""
        alone = _is_none(self.old.get((*section, STAGGER[2])))
        if alone:
            self._say(
                (*section, STAGGER[2]), "is carried over as max_jobs: 1, which is what 0 meant", "changed"
            )
        return alone

    def _overrides(self) -> None:
        general = self.old.get(("scheduling",))
        inherited = general if isinstance(general, dict) else {}
        for section in (("directories", "tmp_overrides"), ("scheduling", "tmp_overrides")):
            overrides = self.old.get(section)
            self.seen.add(section)
            for path in overrides if isinstance(overrides, dict) else ():
                self._override((*section, path), path, inherited)

    def _override(self, section: Path, path: str, inherited: Mapping[str, Value]) -> None:
        directories = self.new["directories"]
        assert isinstance(directories, dict)
        tmp = directories.get("tmp", [])
        assert isinstance(tmp, list)
        names = [item["path"] if isinstance(item, dict) else item for item in tmp]
        try:
            index = names.index(units.parse_path(path))
        except ValueError:
            self._leave(section, "directories.tmp has no such directory")
            return
        item = tmp[index]
        own: dict[str, Value] = item if isinstance(item, dict) else {"path": item}
        target: Path = ("directories", "tmp", index)
        limit = self.old.get((*section, "tmpdir_max_jobs"))
        try:
            if limit is not None:
                own["max_jobs"] = old_keys.count(limit)
                self.moved.append(((*section, "tmpdir_max_jobs"), (*target, "max_jobs")))
        except ValueError as error:
            self._leave((*section, "tmpdir_max_jobs"), str(error))
        self.seen |= {section, (*section, "tmpdir_max_jobs")}
        stagger = self._phase(section, inherited)
        if stagger:
            own["stagger"] = stagger
            self.moved += [((*section, key), (*target, "stagger")) for key in STAGGER]
            if self._alone(section):
                own["max_jobs"] = 1
        inherits = self.old.get((*section, STAGGER[2])) is None and _is_none(inherited.get(STAGGER[2]))
        if inherits and "max_jobs" in own:
            own["max_jobs"] = 1
            message = (
                f"is carried over as 1, since scheduling.{STAGGER[2]} lets a job start only where none is"
            )
            self._say((*section, "tmpdir_max_jobs"), message, "changed")
        if not inherits and _is_none(inherited.get(STAGGER[2])) and "max_jobs" not in own:
            # The general limit became a max_jobs of 1, which is none of this directory's.
            with suppress(ValueError):  # told where it stands itself
                own["max_jobs"] = old_keys.count(inherited.get("tmpdir_max_jobs"))
        self.moved.append((section, target))
        if len(own) > 1:
            tmp[index] = own

    def _archive(self) -> None:
        places: tuple[tuple[Path, Callable[[Mapping[str, Value]], Farm]], ...] = (
            (("directories", "archive"), old_archive.of_version_0),
            (("archiving",), old_archive.of_target),
        )
        for section, convert in places:
            value = self.old.get(section)
            if not isinstance(value, dict):
                continue
            farm = convert(value)
            if not farm.entry:
                path, reason = farm.left[0]
                self._leave(section, f"{render(path)}: {reason}" if path else reason)
                continue
            self.new["archive"] = [farm.entry]
            for path, reason in farm.left:
                self._leave((*section, *path), reason)
            for path, message in farm.changed:
                self._say((*section, *path), message, "changed")
            self.moved.append((section, ("archive",)))
            self.moved += [((*section, *old), ("archive", 0, *new)) for old, new in farm.taken]
            self.seen.add(section)
            for key in old_archive.KEYS & value.keys():
                self.seen |= {(*section, key), *self._below((*section, key), value[key])}

    def _below(self, path: Path, value: Value) -> Iterator[Path]:
        """The paths of all that a mapping holds."""
        for key, child in value.items() if isinstance(value, dict) else ():
            yield (*path, key)
            yield from self._below((*path, key), child)

    def _rest(self, path: Path, value: Value) -> None:
        """Name what nothing has dealt with."""
        for key, child in value.items() if isinstance(value, dict) else ():
            inner = (*path, key)
            reason = REASONS.get(render(inner))
            if reason:
                self._leave(inner, reason)
            elif inner not in self.seen and child is not None:
                self._leave(inner, "no version 3 key says the same")
            elif inner not in self.named:
                self._rest(inner, child)


def _is_none(limit: Value) -> bool:
    """Whether a limit lets no job be early, and so none start beside another."""
    return limit is not None and str(limit).lstrip("-").isdigit() and int(str(limit)) < 1


def _milestone(major: int, minor: int) -> tuple[str, bool]:
    """The phase in the spec's bounds that as many jobs are before, and whether it is the same one."""
    if 1 <= major <= 5 and 0 <= minor <= 99:
        return f"{major}:{minor}", True
    if major < 1:
        return "1:0", False
    if major > 5 or (major == 5 and minor > 99):
        return "5:99", False
    return (f"{major}:0", False) if minor < 0 else (f"{major + 1}:0", False)


def _path(text: str) -> Path:
    return tuple(text.split("."))


def _moved(comments: Mapping[Path, Comment], moved: list[tuple[Path, Path]]) -> dict[Path, Comment]:
    """The comments by their new paths; those of keys that became one are joined."""
    found: dict[Path, Comment] = {("version",): comments.get((), Comment())}
    for source, target in dict.fromkeys(moved):
        comment = comments.get(source)
        if comment is None:
            continue
        other = found.get(target, Comment())
        behind = "; ".join(filter(None, (other.behind, comment.behind)))
        found[target] = Comment(other.above + comment.above, behind)
    return found
