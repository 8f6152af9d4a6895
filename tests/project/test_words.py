"""The glossary has each word once, and the documents do without the words that only this project would use."""

import re
from functools import cache
from pathlib import Path

import pytest

from tests.paths import DOCS
from tests.project.test_references import PAGES, SOURCES, name
from tests.project.test_references import words as said

GLOSSARY = DOCS / "glossary.md"
ROW = re.compile(r"^\| \*\*(.+?)\*\* \|", re.MULTILINE)

PRIVATE = [
    r"told", r"tells?", r"telling", r"heard", r"lets? go of", r"let go", r"thinn?ed", r"crowded", r"untidy", r"recall",
    r"rest(s|ed)? on", r"doors?", r"mend(s|ed|ing)?", r"look(s|ed)? at", r"strangers?",
    r"nobody asked", r"unasked", r"leash", r"tenure", r"shelf|shelves", r"stands? in", r"stands? there", r"oddities",
    r"beside the admission's", r"rooms? of the house", r"the house",
]  # fmt: skip
"""Verbs and nouns to which only this project would give their meaning."""
MEANT_IN_CODE = re.compile(r"look", re.IGNORECASE)
FORBIDDEN = re.compile(rf"\b(?:{'|'.join(PRIVATE)})\b", re.IGNORECASE)
WRITTEN = {"docs/traceability.md", "docs/mutation.md"}
"""Pages that a command writes, of names and docstrings in the code."""


@cache
def said_elsewhere() -> str:
    """All pages but the glossary, and the names in the code as words: `FeedSnapshot` is `feed snapshot`."""
    code = "\n".join(path.read_text() for path in SOURCES if not name(path).startswith("tests/"))
    split = re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", code)
    return "\n".join([*(path.read_text() for path in PAGES if path != GLOSSARY), split]).lower().replace("-", " ")


def words() -> list[str]:
    return ROW.findall(GLOSSARY.read_text())


def test_every_word_stands_once_and_in_its_order() -> None:
    tables = [ROW.findall(part) for part in GLOSSARY.read_text().split("\n## ")[1:]]
    assert len(words()) == len({word.lower() for word in words()}) > 80
    assert [table for table in tables if table != sorted(table, key=str.lower)] == []


@pytest.mark.parametrize("word", words())
def test_every_word_of_the_glossary_is_used(word: str) -> None:
    for one in word.split(", "):
        assert re.search(rf"\b{re.escape(one.lower().replace('-', ' '))}", said_elsewhere()), one


@pytest.mark.parametrize("page", [path for path in PAGES if name(path) not in WRITTEN], ids=name)
def test_no_page_uses_a_private_word(page: Path) -> None:
    """Outside of code: names of tests and what a program prints are not prose."""
    code = r"^```.*?^```$|`[^`\n]*`|\]\([^)]*\)"
    prose = " ".join(re.sub(code, " ", page.read_text(), flags=re.DOTALL | re.MULTILINE).split())
    assert [prose[found.start() - 30 : found.end() + 30] for found in FORBIDDEN.finditer(prose)] == []


def test_no_docstring_and_no_comment_uses_a_private_word() -> None:
    """But for letters of an alphabet, and to look at something, which others would write, too."""
    prose = {name(path): " ".join(re.sub(r"`[^`\n]*`", " ", said(path)).split()) for path in SOURCES}
    found = {path: [one.group() for one in FORBIDDEN.finditer(text)] for path, text in prose.items()}
    found = {path: [one for one in ones if not MEANT_IN_CODE.match(one)] for path, ones in found.items()}
    assert {path: ones for path, ones in found.items() if ones} == {}
