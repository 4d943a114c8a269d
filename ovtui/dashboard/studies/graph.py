"""A frame with two axes in a grid of cells: curves, single points and lines in it. The pictures of studies are made of
it."""

from __future__ import annotations

from enum import IntEnum

import numpy as np

from ovtui.dashboard.drawing import canvas
from ovtui.dashboard.drawing.cells import CellGrid
from ovtui.dashboard.drawing.glyphs import SPACE, Glyphs
from ovtui.dashboard.drawing.value_axis import ValueAxis
from ovtui.records.arrays import Floats

LEFT_MARGIN = 7
"""Cells left of the frame: five for a label, a blank, and the axis."""
LEAST_COLUMNS, LEAST_ROWS = 12, 3


class StudyInk(IntEnum):
    PLAIN = 0
    TITLE = 1
    DIM = 2
    FIRST = 3
    """Of several lines: the median."""
    SECOND = 4
    FINE = 5
    FAILED = 6
    CHOSEN = 7

    @property
    def component(self) -> str:
        return f"study--{self.name.lower()}"


class Graph:
    """Draws into the cells from row 1 on: the heading has row 0, the labels of the x axis the last row."""

    def __init__(self, cells: CellGrid, x: ValueAxis, y: ValueAxis, glyphs: Glyphs) -> None:
        self.cells, self.x, self.y, self.glyphs = cells, x, y, glyphs
        self.columns, self.rows = cells.width - LEFT_MARGIN - 1, cells.height - 3

    @property
    def drawable(self) -> bool:
        return self.columns >= LEAST_COLUMNS and self.rows >= LEAST_ROWS

    def heading(self, title: str, hint: str = "") -> None:
        title, hint = self.glyphs.text(title), self.glyphs.text(hint)
        self.cells.put(0, 0, title, StudyInk.TITLE)
        if len(title) + len(hint) + 3 <= self.cells.width:
            self.cells.put(self.cells.width - len(hint), 0, hint, StudyInk.DIM)

    def axes(self, x_unit: str, y_unit: str) -> None:
        cells, bottom = self.cells, self.rows + 1
        for y in range(1, bottom):
            cells.put(LEFT_MARGIN - 1, y, self.glyphs.axis, StudyInk.DIM)
        free = self.cells.height
        for share, text in reversed(self.y.ticks(max(self.rows // 2, 2))):
            y = self.rows - min(int(share * self.rows), self.rows - 1)
            if -1e-9 <= share <= 1 + 1e-9 and y < free and not (y == 1 and y_unit):
                cells.put(LEFT_MARGIN - 2 - len(text), y, text, StudyInk.DIM)
                cells.put(LEFT_MARGIN - 1, y, self.glyphs.tick, StudyInk.DIM)
                free = y
        cells.put(max(LEFT_MARGIN - 2 - len(y_unit), 0), 1, y_unit, StudyInk.DIM)
        cells.put(LEFT_MARGIN - 1, bottom, self.glyphs.corner + self.glyphs.rule * self.columns, StudyInk.DIM)
        free, end = LEFT_MARGIN - 1, cells.width - len(x_unit) - 1
        for share, text in self.x.ticks(max(self.columns // 9, 2)):
            x = LEFT_MARGIN + min(int(share * self.columns), self.columns - 1)
            start = max(x - len(text) // 2, LEFT_MARGIN)
            if -1e-9 <= share <= 1 + 1e-9 and start > free and start + len(text) < end:
                cells.put(start, bottom + 1, text, StudyInk.DIM)
                cells.put(x, bottom, self.glyphs.crossing, StudyInk.DIM)
                free = start + len(text)
        cells.put(end + 1, bottom + 1, x_unit, StudyInk.DIM)

    def column(self, value: float) -> int | None:
        """The cell of a value on the x axis; None beyond its ends."""
        share = float(self.x.share(np.array([value]))[0])
        if not -1e-9 <= share <= 1 + 1e-9:
            return None
        return LEFT_MARGIN + min(int(share * self.columns), self.columns - 1)

    def row(self, value: float) -> int | None:
        share = float(self.y.share(np.array([value]))[0])
        if not -1e-9 <= share <= 1 + 1e-9:
            return None
        return self.rows - min(int(share * self.rows), self.rows - 1)

    def curve(self, x: Floats, y: Floats, ink: StudyInk, marker: str) -> None:
        """[n] each; a stroke joins each point to the one before."""
        across = self.x.share(x) * self.columns
        up = np.clip(self.y.share(y), 0, 1) * self.rows
        joined = np.concatenate(([False], np.full(max(len(x) - 1, 0), True)))
        shown = marker if self.glyphs.dots == (1, 1) else self.glyphs.median
        drawn = canvas.draw(across, up, joined[: len(x)], shown, self.columns, self.rows)
        for row, codes in enumerate(drawn):
            inked = codes != SPACE
            area = np.s_[1 + row, LEFT_MARGIN : LEFT_MARGIN + len(codes)]
            self.cells.codes[area] = np.where(inked, codes, self.cells.codes[area])
            self.cells.styles[area] = np.where(inked, ink, self.cells.styles[area])

    def point(self, x: float, y: float, sign: str, ink: StudyInk) -> None:
        """One beyond an axis is not drawn."""
        column, row = self.column(x), self.row(y)
        if column is not None and row is not None:
            self.cells.put(column, row, sign, ink)

    def upright(self, x: float, text: str, ink: StudyInk, *, at_right: bool = True) -> None:
        """A line at a value of the x axis, through the blank cells, with a text beside its upper end."""
        column = self.column(x)
        if column is None:
            return
        for y in range(1, self.rows + 1):
            if self.cells.is_blank(column, y, 1):
                self.cells.put(column, y, self.glyphs.mark, ink)
        text = self.glyphs.text(text)
        places = [column + 1, column - len(text)]
        for row in range(1, self.rows + 1):
            for start in places if at_right else reversed(places):
                if start >= LEFT_MARGIN and self.cells.is_blank(start, row, len(text)):
                    self.cells.put(start, row, text, ink)
                    return

    def level(self, y: float, text: str, ink: StudyInk) -> None:
        """A line at a value of the y axis."""
        row = self.row(y)
        if row is None:
            return
        dash = "-" if self.glyphs.name == "ascii" else "╌"
        for x in range(LEFT_MARGIN, LEFT_MARGIN + self.columns):
            if self.cells.is_blank(x, row, 1):
                self.cells.put(x, row, dash, ink)
        self.cells.put(LEFT_MARGIN + 1, row, self.glyphs.text(f" {text} "), ink)
