"""Each picture of the documents is what the code draws today, from the recorded run that its row names."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pictures.docs_pictures import COMMAND, DOCS, PICTURES, ROOT, FleetPicture, Picture, Printed, made


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.name)
def test_a_picture_is_as_new_as_the_code_that_draws_it(picture: Picture | Printed | FleetPicture) -> None:
    kept = (DOCS / f"{picture.name}.svg").read_text(encoding="utf-8")
    assert kept == made(picture), f"docs/{picture.name}.svg is of older code; run: {COMMAND}"


def test_every_picture_is_shown_and_every_one_that_is_shown_is_there() -> None:
    pages = [ROOT / "README.md", *DOCS.glob("*.md")]
    shown = {
        (page.parent / target).resolve()
        for page in pages
        for target in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", page.read_text(encoding="utf-8"))
    }
    assert shown == {DOCS / f"{picture.name}.svg" for picture in PICTURES} == set(DOCS.glob("*.svg"))


def test_alternative_texts_say_what_is_seen() -> None:
    for page in [ROOT / "README.md", *DOCS.glob("*.md")]:
        for text in re.findall(r"!\[([^\]]*)\]\(", page.read_text(encoding="utf-8")):
            assert len(text) > 20, (page.name, text)


def test_no_path_is_of_this_machine() -> None:
    for picture in PICTURES:
        assert str(Path.home()) not in (DOCS / f"{picture.name}.svg").read_text(encoding="utf-8")
