"""Screenshots in programs that ignore text lengths, drop spaces or lack the font of the web."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

from fake_source import FakeSource
from stage import Stage, on_stage

from ovtui.dashboard.portable_svg import portable_svg

SVG = "{http://www.w3.org/2000/svg}"
CELL = 12.2


def texts_of(svg: str) -> list[tuple[float, float, str]]:
    """x, y and text of what is on the terminal, without its title."""
    found = []
    for text in ET.fromstring(svg).iter(f"{SVG}text"):
        if "-r" in text.attrib["class"]:
            found.append((float(text.attrib["x"]), float(text.attrib["y"]), (text.text or "").replace("\u00a0", " ")))
    return found


def test_every_word_begins_at_its_own_cell() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(8)
        as_textual = stage.app.export_screenshot()
        svg = portable_svg(as_textual)
        assert 'xml:space="preserve"' in svg
        assert not re.search(r"https?://(?!www\.w3\.org|www\.textualize)", svg), "nothing is loaded"
        lines: dict[float, list[str]] = {}
        for x, y, text in texts_of(as_textual):
            line = lines.setdefault(y, [" "] * 120)
            line[round(x / CELL) : round(x / CELL) + len(text)] = text
        for x, y, text in texts_of(svg):
            at = round(x / CELL)
            assert abs(x - at * CELL) < 0.01
            assert text == "".join(lines[y][at : at + len(text)])
            assert text == text.strip()
            assert "  " not in text
            lines[y][at : at + len(text)] = " " * len(text)
        assert not "".join(map("".join, lines.values())).strip(), "nothing is lost"

    on_stage(act, FakeSource(together=True))


def test_wide_and_escaped_characters() -> None:
    shown = "a&lt;b&#160;c&#160;&#160;漢字&#160;d⣿⣿"
    text = f'<text class="t-r1" x="24.4" y="20" textLength="99" clip-path="url(#l)">{shown}</text>'
    svg = portable_svg(f'<svg class="rich-terminal" xmlns="http://www.w3.org/2000/svg">{text}</svg>')
    placed = [(round(x / CELL), text) for x, _, text in texts_of(svg)]
    assert placed == [(2, "a<b c"), (9, "漢"), (11, "字"), (14, "d"), (15, "⣿"), (16, "⣿")]
