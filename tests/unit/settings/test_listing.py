"""Names in a sentence, the first few of many."""

from __future__ import annotations

import pytest

from ovtui.settings.listing import first_few, first_few_listed


@pytest.mark.parametrize(
    ("names", "sentence", "listed"),
    [
        ("", "", ""),
        ("a", "a", "a"),
        ("ab", "a and b", "a, b"),
        ("abc", "a, b and c", "a, b, c"),
        ("abcd", "a, b, c and 1 more", "a, b, c and 1 more"),
        ("abcdefg", "a, b, c and 4 more", "a, b, c and 4 more"),
    ],
)
def test_the_first_few_and_how_many_more(names: str, sentence: str, listed: str) -> None:
    assert first_few([*names], 3) == sentence
    assert first_few_listed([*names], 3) == listed
