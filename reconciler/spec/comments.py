"""The comments of a YAML document, each with the path of the value it stands at."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.spec.tree import Path, Tree
from reconciler.spec.writing import Comment


def comments_of(text: str, tree: Tree) -> dict[Path, Comment]:
    """Each comment: the lines above a key or list item, and the text behind it. () holds those at the top."""
    lines = text.splitlines()
    at_line: dict[int, Path] = {}
    items = {path: place for path, place in tree.values.items() if path and isinstance(path[-1], int)}
    for path, (_, number, _) in sorted((items | dict(tree.keys)).items(), key=lambda item: len(item[0])):
        at_line.setdefault(number, path)
    inside = set(_inside_blocks(lines, tree))
    found: dict[Path, Comment] = {}
    waiting: list[str] = []
    for number, line in enumerate(lines, start=1):
        stripped = line.strip()
        if number in inside:
            continue
        if number in at_line:
            found[at_line[number]] = Comment(_trimmed(waiting), _behind(line))
            waiting = []
        elif stripped.startswith("#"):
            waiting.append(stripped[1:].removeprefix(" "))
        elif not stripped:
            waiting.append("")
    if at_line and (first := at_line[min(at_line)]) in found:
        found[()] = Comment(found[first].above)
        found[first] = Comment((), found[first].behind)
    return found


def _inside_blocks(lines: list[str], tree: Tree) -> Iterator[int]:
    """The lines of texts that go over several lines, such as scripts, where a # is no comment."""
    for path, place in tree.values.items():
        value = tree.get(path)
        if not isinstance(value, str) or "\n" not in value:
            continue
        _, line, column = tree.keys.get(path, place)
        for number in range(line + 1, len(lines) + 1):
            content = lines[number - 1]
            if content.strip() and len(content) - len(content.lstrip()) < column:
                break
            yield number


def _behind(line: str) -> str:
    """The comment at a line's end; a # within quotes, or without a space before it, begins none."""
    quote = ""
    for index, character in enumerate(line):
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"" and line[index - 1 : index].strip(" [{,") == "":
            quote = character
        elif character == "#" and line[:index].strip() and line[index - 1].isspace():
            return line[index + 1 :].strip()
    return ""


def _trimmed(lines: list[str]) -> tuple[str, ...]:
    """Without the empty lines at both ends."""
    while lines and not lines[0]:
        lines = lines[1:]
    while lines and not lines[-1]:
        lines = lines[:-1]
    return tuple(lines)
