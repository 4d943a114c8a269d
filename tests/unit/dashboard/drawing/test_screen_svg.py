"""The picture of the screen: each text in its cells, shapes for what a terminal draws with, nothing from outside."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from ovtui.dashboard.drawing.glyphs import GLYPHS
from ovtui.dashboard.drawing.screen_svg import BASE_LINE, rows_svg
from ovtui.dashboard.drawing.svg_shapes import CELL_HEIGHT, CELL_WIDTH, shape_of

SVG = "{http://www.w3.org/2000/svg}"
LETTERS = st.sampled_from("aZ09 <&>'\"é°µ–…→▲你好⣿⠤▁█─│┊░" + "\xa0")
STYLES = st.sampled_from([Style(), Style(color="red", bold=True), Style(bgcolor="blue"), Style(reverse=True)])


def picture(*rows: str | list[Segment], columns: int = 40) -> ET.Element:
    segments = [row if isinstance(row, list) else [Segment(row)] for row in rows]
    return ET.fromstring(rows_svg(segments, columns, "<title>"))


def texts_by_cell(root: ET.Element) -> dict[tuple[int, int], str]:
    """Each word with the row and the column where it begins."""
    found = {}
    for text in root.iter(f"{SVG}text"):
        words = text.text or ""
        cells = cell_len(words)
        y, x = int(text.attrib["y"]) - BASE_LINE, int(text.attrib["x"])
        if text.get("text-anchor") == "middle":
            x -= cells * CELL_WIDTH // 2
        else:
            assert int(text.attrib["textLength"]) == cells * CELL_WIDTH
        assert x % CELL_WIDTH == 0
        assert y % CELL_HEIGHT == 0
        found[y // CELL_HEIGHT, x // CELL_WIDTH] = words
    return found


def read_back(root: ET.Element, rows: int, columns: int) -> list[str]:
    """The rows as cells: a wide character is followed by an empty cell."""
    cells = [[" "] * columns for _ in range(rows)]
    for (y, x), words in texts_by_cell(root).items():
        for character in words:
            cells[y][x] = character
            if cell_len(character) == 2:
                cells[y][x + 1] = ""
            x += cell_len(character)
    return ["".join(row).rstrip() for row in cells]


@given(st.lists(st.lists(st.tuples(st.text(LETTERS, max_size=6), STYLES), max_size=5), min_size=1, max_size=4))
def test_each_letter_is_in_the_cell_where_the_screen_has_it(rows: list[list[tuple[str, Style]]]) -> None:
    root = picture(*([Segment(text, style) for text, style in row] for row in rows), columns=80)
    expected = [
        "".join(" " if c == "\xa0" or shape_of(c) else c for text, _ in row for c in text).rstrip() for row in rows
    ]
    assert read_back(root, len(rows), 80) == expected


def test_words_after_two_spaces_do_not_stick_together() -> None:
    assert texts_by_cell(picture("batch 1  alone")) == {(0, 0): "batch", (0, 6): "1", (0, 9): "alone"}


def test_what_charts_are_drawn_with_is_a_shape() -> None:
    for name in ("braille", "block"):
        glyphs = GLYPHS[name]
        assert all(shape_of(character) for character in glyphs.levels + glyphs.mark + glyphs.axis + glyphs.rule)
        assert glyphs.dot_glyphs is not None
        assert all(shape_of(chr(code)) for code in glyphs.dot_glyphs.codes if code != 32)
        assert all(shape_of(character) for character in "".join([*glyphs.served, *glyphs.spans, *glyphs.group]))


def test_every_shape_stays_in_its_cell() -> None:
    for character in map(chr, [*range(0x2500, 0x25A0), *range(0x2800, 0x2900)]):
        for x, y, width, height in (shape_of(character) or ("", "", ()))[2]:
            assert 0 <= x <= x + width <= CELL_WIDTH, character
            assert 0 <= y <= y + height <= CELL_HEIGHT, character


def test_full_blocks_and_rules_of_a_row_are_one_shape() -> None:
    root = picture("█████ ─────")
    assert [path.attrib["d"] for path in root.iter(f"{SVG}path")] == ["M0 0h60v24h-60zM72 11.25h60v1.5h-60z"]


def test_nothing_comes_from_outside_and_nothing_runs() -> None:
    text = rows_svg([[Segment("<script>alert(1)</script> & more")]], 40, "<b>")
    assert not re.search(r"<script|url\(|href|@font-face|<style| id=", text)
    assert rows_svg([[Segment("a")]], 40, "") == rows_svg([[Segment("a")]], 40, "")


def test_looks_are_kept() -> None:
    style = Style(color="#102030", bgcolor="#405060", bold=True, italic=True, underline=True)
    root = picture([Segment("word", style), Segment(" rest of the row", Style(bgcolor="#000000"))])
    [group] = [group for group in root.iter(f"{SVG}g") if group.get("font-weight")]
    assert group.attrib == {
        "fill": "#102030", "font-weight": "bold", "font-style": "italic", "text-decoration": "underline",
    }  # fmt: skip
    [ground] = [path for path in root.iter(f"{SVG}path") if path.get("fill") == "#405060"]
    assert ground.attrib["d"] == f"M0 0h48v{CELL_HEIGHT}h-48z"
