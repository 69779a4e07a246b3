"""The schema of overlays takes every layer that loads, and refuses what no layer may say."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings

from reconciler.spec import tree
from reconciler.spec.faults import by_schema
from reconciler.spec.schemas import published
from reconciler.spec.writing import write
from tests.spec.cases import cases
from tests.spec.specs import documents

GOOD = {name: case for name, case in cases("spec").items() if "gives" in case}


def refused(text: str) -> list[str]:
    value: Any = tree.read(text, "layer").value
    return [
        tree.render(fault.path) for fault in by_schema({} if value is None else value, published("overlay"))
    ]


@pytest.mark.parametrize("name", GOOD)
def test_every_layer_that_loads_is_an_overlay(name: str) -> None:
    case = GOOD[name]
    for text in case.get("files", {"document": case.get("document")}).values():
        assert refused(text.removeprefix("\ufeff")) == []


@given(documents)
@settings(max_examples=50, deadline=None)
def test_each_part_of_a_spec_is_an_overlay(document: dict[str, Any]) -> None:
    for key, value in document.items():
        assert refused(write({key: value})) == []


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("plotting: {k: thirty}", "plotting.k"),
        ("directories: {tmp: [mnt]}", "directories.tmp[0]"),
        ("space: {flor: 1GB}", "space.flor"),
        ("scheduling: {tick: 20}", "scheduling.tick"),
        ("archive: [{name: a, transport: {kind: rsink}}]", "archive[0].transport.kind"),
        ("extends: {a: b}", "extends"),
        ("extends: [1]", "extends[0]"),
        ("vars: {a: [1]}", "vars.a"),
        ("delete: 5", "delete"),
    ],
)
def test_what_is_wrong_in_a_layer_is_refused_there(text: str, path: str) -> None:
    assert refused(text) == [path]


@pytest.mark.parametrize(
    "text",
    [
        'plotting: {k: "${var.k}", state: "${var.state}", options: {a: "${var.a}"}}',
        'directories: {tmp: ["${var.one}", {path: "${var.two}", max_jobs: "${var.jobs}"}]}',
        'scheduling: {tick: "${var.tick}", start_windows: ["${var.window}"]}',
        'archive: [{name: "${var.name}", transport: "${var.kind}", mount: "${var.mount}"}]',
    ],
)
def test_any_scalar_may_be_a_reference(text: str) -> None:
    assert refused(text) == []
