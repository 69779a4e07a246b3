"""Pages for GitHub: whatever names hold, the page has the same structure, says the name, and mentions nobody."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from reconciler.views import markdown, words

READER = MarkdownIt("commonmark", {"html": True}).enable("table").enable("strikethrough")
EVIL = st.text(st.sampled_from("ab1 |`\\*_~<>&#@!:/.=[]()\"'\n\r\t-+{}") | st.characters(), max_size=30)
TEXTS = EVIL | st.sampled_from(
    [
        "|",
        "\\|",
        "```",
        "`````\n# x",
        "</code></details><script>",
        "@everyone",
        "https://a.example",
        "![x](y)",
        "&#124;",
        "&lt;",
        "\u202egnp",
        "</summary>",
    ]
)


def page(name: str, lines: list[str]) -> str:
    part = markdown.folded(f"{markdown.code(name)} kill", markdown.fenced(lines, "diff"))
    return markdown.table(["host", "news"], [markdown.row([markdown.code(name), "**kill**"])]) + "\n" + part


def shape(text: str) -> list[str]:
    """What a page consists of, without its words: all tokens, and all tags."""
    tokens = [inner for token in READER.parse(text) for inner in (token, *(token.children or ()))]
    kinds = [token.type for token in tokens if token.type != "text"]
    return [*kinds, *re.findall(r"<[^>]*>", READER.render(text))]


@given(TEXTS.filter(lambda text: text.strip() != ""), st.lists(TEXTS, min_size=1, max_size=4))
def test_no_name_changes_what_a_page_is(name: str, lines: list[str]) -> None:
    assert shape(page(name, lines)) == shape(page("h01", ["a"] * len(lines)))


@given(TEXTS.filter(lambda text: text.strip() == text != ""), st.lists(TEXTS, min_size=1, max_size=4))
def test_every_name_is_said_as_it_is_and_in_code_only(name: str, lines: list[str]) -> None:
    rendered = READER.render(page(name, lines))
    codes = [html.unescape(code) for code in re.findall(r"<code[^>]*>(.*?)</code>", rendered, re.DOTALL)]
    said = words.clean(name)
    assert codes[:2] == [said, said]
    assert codes[2] == "".join(f"{words.clean(line)}\n" for line in lines)
    outside = re.sub(r"<code[^>]*>.*?</code>", "", rendered, flags=re.DOTALL)
    assert "@" not in outside and html.unescape(re.sub(r"<[^>]*>", "", outside)).split() == [
        "host",
        "news",
        "kill",
        "kill",
    ]


@given(st.lists(st.text(max_size=20), max_size=20), st.integers(0, 200))
def test_what_is_fitted_fits_and_is_the_beginning(parts: list[str], room: int) -> None:
    kept = markdown.fit(parts, room)
    assert kept == parts[: len(kept)]
    assert sum(map(markdown.length, kept)) <= room
    if kept != parts:
        assert sum(map(markdown.length, parts[: len(kept) + 1])) > room


@pytest.mark.parametrize(("text", "length"), [("", 0), ("aé…", 3), ("💾", 2)])
def test_length_is_as_utf_16_counts(text: str, length: int) -> None:
    assert markdown.length(text) == length == len(text.encode("utf-16-le")) // 2
