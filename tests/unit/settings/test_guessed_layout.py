"""What benchmark_app takes for a picture, by the sizes alone."""

from __future__ import annotations

import pytest

from ovtui.settings.guessed_layout import guessed_layout, sizes_of


@pytest.mark.parametrize(
    ("shape", "letters"),
    [
        ("[1,3,224,224]", "NCHW"),
        ("[8,1,28,28]", "NCHW"),
        ("[8,28,28,4]", "NHWC"),
        ("[3,224,224]", "CHW"),
        ("[224,224,3]", "HWC"),
        ("[1,3,4,4]", ""),
        ("[1,128,3]", ""),
        ("[1,64,56,56]", ""),
        ("[?,3,?,?]", ""),
        ("[?,3,224,8..224]", "NCHW"),
        ("[4,32]", ""),
        ("[]", ""),
        ("[...]", ""),
    ],
)
def test_a_layout_is_guessed_from_the_sizes(shape: str, letters: str) -> None:
    assert guessed_layout(sizes_of(shape)) == letters
