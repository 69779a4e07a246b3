"""Each document of tests/cases/spec gives exactly the values, or exactly the problems, that its case names.

A case has one `document`, or several `files`, of which the first is the spec. gives: values by their paths; stands: the
file, line and column that some of them come from.
"""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from yaml.parser import Parser
from yaml.reader import Reader
from yaml.scanner import Scanner

from reconciler.errors import SpecError
from reconciler.spec import tree
from reconciler.spec.files import Texts
from reconciler.spec.loaded import Loaded
from reconciler.spec.loading import load, parse
from tests.spec.cases import cases

CASES = cases("spec")


def texts(case: dict[str, Any]) -> dict[str, str]:
    files: dict[str, str] = case.get("files", {"spec": case.get("document")})
    return files


def loaded_of(case: dict[str, Any]) -> Loaded:
    files = texts(case)
    return load(next(iter(files)), files=Texts(files), home="/home/owner")


def value_at(spec: Any, path: str) -> Any:
    for step in path.replace("[", ".").replace("]", "").split("."):
        if step.isdigit():
            spec = spec[int(step)]
        else:
            spec = spec[step] if isinstance(spec, dict) else getattr(spec, step)
    return spec


@pytest.mark.parametrize("name", CASES)
def test_a_document_gives_what_its_case_says(name: str) -> None:
    case = CASES[name]
    try:
        loaded = loaded_of(case)
    except SpecError as error:
        assert [str(problem).removeprefix("spec:") for problem in error.problems] == case["problems"]
        assert "gives" not in case
        return
    assert [str(problem).removeprefix("spec:") for problem in loaded.warnings] == case.get("problems", [])
    for path, value in case["gives"].items():
        found = value_at(loaded.spec, path)
        assert (found if isinstance(value, int | float | bool) else str(found)) == value, path
    for path, place in case.get("stands", {}).items():
        assert ":".join(map(str, loaded.place(path))) == place, path


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if "gives" in case])
def test_the_text_of_what_is_loaded_loads_as_the_same(name: str) -> None:
    loaded = loaded_of(CASES[name])
    again = parse(loaded.text, "again", home="/home/owner")
    assert (again.spec, again.digest, again.text) == (loaded.spec, loaded.digest, loaded.text)


class PureEvents(Reader, Scanner, Parser):
    """PyYAML's parser where it was built without libyaml."""

    def __init__(self, text: str) -> None:
        Reader.__init__(self, text)
        Scanner.__init__(self)
        Parser.__init__(self)


@pytest.mark.parametrize("name", CASES)
def test_both_of_pyyamls_parsers_read_the_same(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    firsts = [tree.read(text, file) for file, text in texts(CASES[name]).items()]
    monkeypatch.setattr(tree, "Events", PureEvents)
    seconds = [tree.read(text, file) for file, text in texts(CASES[name]).items()]
    for first, second in zip(firsts, seconds, strict=True):
        assert (first.value, first.values, first.keys, first.whole) == (
            second.value,
            second.values,
            second.keys,
            second.whole,
        )
        assert [problem.rule for problem in first.problems] == [problem.rule for problem in second.problems]


def test_every_rule_that_a_spec_can_break_has_a_case() -> None:
    told = {
        problem.removesuffix(" warning").rpartition("[")[2]
        for case in CASES.values()
        for problem in case.get("problems", ())
    }
    assert told == {
        f"{rule}]"
        for rule in (
            *(
                "empty",
                "not-text",
                "syntax",
                "documents",
                "tag",
                "alias",
                "too-deep",
                "key",
                "duplicate-key",
                "name",
            ),
            *(
                "unknown-key",
                "missing-key",
                "old-version",
                "value",
                "size",
                "duration",
                "phase",
                "window",
                "path",
                "rate",
                "day",
            ),
            *("duplicate-directory", "duplicate-name", "duplicate-disk", "archive-is-source"),
            *("resume-below-floor", "no-directories"),
            *("transport", "no-host", "placeholder", "link", "replace", "match"),
            *("extends", "unreadable", "variable", "delete", "kind"),
        )
    }


def test_a_case_is_well_formed() -> None:
    for name, case in CASES.items():
        assert set(case) <= {"about", "document", "files", "problems", "gives", "stands"}, name
        assert ("document" in case) != ("files" in case), name
        assert "gives" in case or case["problems"], name
        assert yaml.safe_dump(case), name
