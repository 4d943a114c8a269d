"""Text files of a person, as editors write them."""

from __future__ import annotations

import codecs

import pytest

from ovtui.settings.files.text_file import NotUtf8, text_of


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", ""),
        (codecs.BOM_UTF8, ""),
        (codecs.BOM_UTF8 + "é".encode(), "é"),
        (b"a\r\nb\rc\n", "a\nb\nc\n"),
        (b"a = 1", "a = 1"),
    ],
)
def test_it_is_read(data: bytes, text: str) -> None:
    assert text_of(data) == text


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("ab".encode("utf-16"), "UTF-16"),
        ("ab".encode("utf-16-le"), "UTF-16"),
        ("ab".encode("utf-16-be"), "UTF-16"),
        ("ab".encode("utf-32"), "UTF-32"),
        (b"a\nb\xff", r"not UTF-8 in line 2 \(byte 0xff\); save it as UTF-8"),
        (b"\xc3", "line 1"),
    ],
)
def test_it_is_told_what_it_is(data: bytes, words: str) -> None:
    with pytest.raises(NotUtf8, match=words):
        text_of(data)
