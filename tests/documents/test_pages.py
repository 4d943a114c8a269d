"""A page for each question: short, with one picture and commands, found from README.md; links lead somewhere."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pytest
from documents.doc_commands import PAGES, QUESTIONS, ROOT, commands_of

SCREEN = (100, 60)
"""Columns and lines of a screen on which a page is read."""


def page(name: str) -> str:
    return (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_page_is_under_two_screens_with_one_picture_and_commands(name: str) -> None:
    lines = [part for line in page(name).splitlines() for part in textwrap.wrap(line, SCREEN[0]) or [""]]
    assert len(lines) < 2 * SCREEN[1]
    assert len(re.findall(r"^!\[", page(name), re.MULTILINE)) == 1
    assert len(commands_of(ROOT / "docs" / f"{name}.md")) >= 2


def test_the_readme_lists_the_pages_by_question() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    listed = re.findall(r"^- \[docs/([\w-]+)\.md\]", readme, re.MULTILINE)
    assert listed[: len(QUESTIONS)] == list(QUESTIONS)
    others = {path.stem for path in (ROOT / "docs").glob("*.md")} - set(QUESTIONS)
    assert others == set(listed[len(QUESTIONS) :])


def _anchors(path: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_link_leads_to_a_file_and_a_heading(path: Path) -> None:
    dead = []
    for target in re.findall(r"\]\(([^)\s]+)\)", path.read_text(encoding="utf-8")):
        name, _, anchor = target.partition("#")
        if re.match(r"\w+:", name):
            continue
        to = (path.parent / name) if name else path
        if not to.exists() or (anchor and anchor not in _anchors(to)):
            dead.append(target)
    assert dead == []
