"""OpenVINO's texts and what they mean: each of the table in docs/doctor.md is found, and the same things are said."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ovtui.host.doctor.known_texts import KNOWN_TEXTS, known_text

PAGE = Path(__file__).parents[4] / "docs" / "doctor.md"
_ANY_VERSION, A_VERSION = "version  over several lines  not found", "version `GLIBC_2.38' not found"
_ROW = re.compile(r"^\| (`.+?) \| (.+) \| (\w+) \|$", re.MULTILINE)
ROWS = [
    (text.replace("...", " over several lines "), link)
    for texts, _, link in _ROW.findall(PAGE.read_text(encoding="utf-8").partition("## Texts that people meet")[2])
    for text in re.findall(r"`(.+?)`", texts)
]


def test_the_page_has_texts() -> None:
    assert len(ROWS) > len(KNOWN_TEXTS)


@pytest.mark.parametrize(("text", "link"), ROWS)
def test_each_text_of_the_page_is_known_and_belongs_to_its_link(text: str, link: str) -> None:
    text = text.replace(_ANY_VERSION, A_VERSION)
    found = [known for kind in ("GPU", "NPU") if (known := known_text(f"Exception: {text} at", kind)) is not None]
    assert {known.link for known in found} == {link}


def test_each_entry_of_the_table_stands_on_the_page() -> None:
    texts = "\n".join(text for text, _ in ROWS).replace(_ANY_VERSION, A_VERSION)
    missing = [known.pattern for known in KNOWN_TEXTS if not re.search(known.pattern, texts, re.IGNORECASE)]
    assert missing == []


@pytest.mark.parametrize("known", KNOWN_TEXTS, ids=lambda known: known.pattern)
def test_an_entry_says_what_to_type_or_that_it_is_not_certain(known: object) -> None:
    entry = next(each for each in KNOWN_TEXTS if each is known)
    assert entry.misleading or entry.command
    assert entry.meaning
    assert not entry.meaning.endswith(".")


def test_an_unknown_text_is_not_taken_for_a_known_one() -> None:
    assert known_text("Check 'a == b' failed", "GPU") is None
    assert known_text("", "CPU") is None
