"""The sizes that a layout is guessed by (how it is guessed: tests/unit/engine/model/test_wanted_types.py)."""

from __future__ import annotations

import pytest

from ovtui.settings.guessed_layout import sizes_of


@pytest.mark.parametrize(
    ("shape", "sizes"),
    [
        ("[1,3,224,224]", [1, 3, 224, 224]),
        ("[?,3,2..224,1..]", [-1, 3, 224, -1]),
        ("[]", []),
        ("[...]", []),
        ("?", [-1]),
    ],
)
def test_an_open_dimension_has_its_largest_size(shape: str, sizes: list[int]) -> None:
    assert sizes_of(shape) == sizes
