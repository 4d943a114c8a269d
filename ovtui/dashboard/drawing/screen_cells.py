"""What the terminal shows and what it is to show, cell by cell; the difference goes to the terminal.

Textual sends whole regions, each run of a style with all of its colours, and a start repaints the screen several times:
29.7 kB until the first figures at 120x40. And a frame that was left out on a slow line took a whole repaint to make up
for. Here only cells that differ are sent, with the shortest change of colours, whatever was left out before."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from ovtui.dashboard.drawing.glyphs import SPACE, Codes

Pens = npt.NDArray[np.uint16]
StyleParameters = Callable[[Style], str]
"""The parameters of the escape sequence of a style: '1;38;5;12'."""

_UNKNOWN, _COVERED = 0xFFFFFFFF, 0xFFFFFFFE
"""In place of a character: nothing is known of this cell; it belongs to the text to the left of it."""
_FIRST_TEXT = 0x110000
"""From here on the number of a text whose characters are not of one cell each."""
_BRIDGED_CELLS = 3
"""So many unchanged cells of one pen are written again: moving the cursor over them takes four bytes or more."""
_INK_ON_BLANKS = {"4", "7", "9", "21", "53"}
"""Attributes that are seen on a blank cell, too: underlined, reverse, struck, overlined."""


class _Pen:
    """Attributes and colours, as parameters of the escape sequence."""

    def __init__(self, parameters: str) -> None:
        self.attributes: frozenset[str] = frozenset()
        self.ink = self.ground = ""
        parts = iter(parameters.split(";") if parameters else ())
        for part in parts:
            number = int(part)
            if number in (38, 48):
                kind = next(parts)
                part = ";".join((part, kind, *(next(parts) for _ in range(1 if kind == "5" else 3))))
            if 30 <= number <= 38 or 90 <= number <= 97:
                self.ink = part
            elif 40 <= number <= 48 or 100 <= number <= 107:
                self.ground = part
            elif number not in (39, 49):
                self.attributes |= {part}

    @property
    def parameters(self) -> str:
        return ";".join(part for part in (*sorted(self.attributes), self.ink, self.ground) if part)

    def change_to(self, other: _Pen) -> str:
        """The shortest sequence from this pen to another one."""
        anew = f"\x1b[;{other.parameters}m" if other.parameters else "\x1b[m"
        if not self.attributes <= other.attributes:
            return anew
        changes = sorted(other.attributes - self.attributes)
        changes += [other.ink or "39"] if other.ink != self.ink else []
        changes += [other.ground or "49"] if other.ground != self.ground else []
        return min(f"\x1b[{';'.join(changes)}m", anew, key=len)


def _codes(text: str) -> Codes:
    return np.frombuffer(text.encode("utf-32-le", "replace"), "<u4")


def _pieces(text: str) -> Iterator[tuple[str, int]]:
    """The text in pieces that no terminal divides, each with its cells: a character and what is put on or joined to
    it."""
    piece, width = "", 0
    for character in text:
        alone, together = cell_len(character), cell_len(piece + character)
        if piece and (alone == 0 or together - width < alone):
            piece, width = piece + character, together
        else:
            if piece:
                yield piece, width
            piece, width = character, alone
    if piece:
        yield piece, width


class ScreenCells:
    """Owner: the driver. Used by the app's thread alone."""

    def __init__(self) -> None:
        self.width = self.height = 0
        self._pens = [_Pen("")]
        self._numbers = {"": 0}
        """The pen of each escape sequence's parameters."""
        self._of_styles: dict[Style, int] = {}
        self._of_lists: dict[tuple[str, ...], Pens] = {}
        self._blank = np.zeros(1, np.uint16)
        """[pens] what is left of each pen on a blank cell."""
        self._changes: dict[tuple[int, int], str] = {}
        self._texts: list[str] = []
        self._text_numbers: dict[str, int] = {}
        self._narrow: set[str] = set()
        """Characters, not of ASCII, that are known to take one cell."""
        self.resize(0, 0)

    def resize(self, width: int, height: int) -> None:
        """Nothing is known of a screen of this size, neither what it shows nor what it is to show."""
        self.width, self.height = width, height
        self._codes = np.full((height, width), _UNKNOWN, np.uint32)
        self._numbered = np.zeros((height, width), np.uint16)
        self._shown_codes, self._shown_numbered = self._codes.copy(), self._numbered.copy()

    def forget(self) -> None:
        """Another one has drawn on the terminal: it shows nothing that is known."""
        self._shown_codes.fill(_UNKNOWN)

    # What is to be shown

    def put_segments(self, x: int, y: int, segments: Iterable[Segment], parameters: StyleParameters) -> None:
        """Textual's pieces of a row from column x on; what lies outside of the screen is left out."""
        if not 0 <= y < self.height:
            return
        texts: list[str] = []
        pens: list[int] = []
        for text, style, control in segments:
            if text and not control:
                texts.append(text)
                pens.append(0 if style is None else self._of_style(style, parameters))
        whole = "".join(texts)
        if not whole.isascii() and not self._is_narrow(whole):
            self._put_odd(x, y, texts, pens)
            return
        self._put(x, y, _codes(whole), np.repeat(np.array(pens, np.uint16), [len(text) for text in texts]))

    def put_grid(self, x: int, y: int, codes: Codes, numbers: npt.NDArray[np.uint8], parameters: Sequence[str]) -> None:
        """Rows of cells of one character each; `numbers`: [height, width] indexes of `parameters`."""
        key = tuple(parameters)
        pens = self._of_lists.get(key)
        if pens is None:
            pens = self._of_lists[key] = np.array([self._pen(each) for each in key], np.uint16)
        for row, (row_codes, row_pens) in enumerate(zip(codes, pens[numbers], strict=True)):
            if 0 <= y + row < self.height:
                self._put(x, y + row, row_codes, row_pens)

    def _put(self, x: int, y: int, codes: Codes, pens: Pens) -> None:
        end = min(x + len(codes), self.width)
        codes, pens = codes[: max(end - x, 0)], pens[: max(end - x, 0)]
        self._codes[y, x:end] = codes
        self._numbered[y, x:end] = np.where(codes == SPACE, self._blank[pens], pens)

    def _put_odd(self, x: int, y: int, texts: Sequence[str], pens: Sequence[int]) -> None:
        for text, pen in zip(texts, pens, strict=True):
            for piece, width in _pieces(text):
                if len(piece) == width == 1:
                    self._put(x, y, _codes(piece), np.array([pen], np.uint16))
                elif width and x + width <= self.width:
                    self._codes[y, x] = _FIRST_TEXT + self._text_number(piece)
                    self._codes[y, x + 1 : x + width] = _COVERED
                    self._numbered[y, x : x + width] = pen
                x += width

    def _is_narrow(self, text: str) -> bool:
        for character in set(text) - self._narrow:
            if cell_len(character) != 1:
                return False
            self._narrow.add(character)
        return True

    def _text_number(self, text: str) -> int:
        number = self._text_numbers.get(text)
        if number is None:
            number = self._text_numbers[text] = len(self._texts)
            self._texts.append(text)
        return number

    def _of_style(self, style: Style, parameters: StyleParameters) -> int:
        number = self._of_styles.get(style)
        if number is None:
            number = self._of_styles[style] = self._pen(parameters(style))
        return number

    def _pen(self, parameters: str) -> int:
        number = self._numbers.get(parameters)
        if number is None:
            pen = _Pen(parameters)
            number = self._numbers.get(pen.parameters)
            if number is None:
                number = self._numbers[pen.parameters] = len(self._pens)
                self._pens.append(pen)
                self._blank = np.append(self._blank, np.uint16(number))
                if not pen.attributes & _INK_ON_BLANKS:
                    self._blank[number] = self._pen(pen.ground)
            self._numbers[parameters] = number
        return number

    # What goes to the terminal

    def difference(self) -> str:
        """What makes the terminal show what it is to show; from now on that is what it shows. Leaves the cursor
        anywhere, and no colours."""
        changed = (self._codes != self._shown_codes) | (self._numbered != self._shown_numbered)
        changed &= self._codes != _UNKNOWN
        rows = np.flatnonzero(changed.any(axis=1)).tolist()
        if not rows:
            return ""
        was_odd = (self._shown_codes >= _FIRST_TEXT) & (self._shown_codes != _UNKNOWN)
        odd_rows = ((self._codes >= _FIRST_TEXT) | was_odd).any(axis=1)
        out: list[str] = []
        pen = 0
        for y in rows:
            if odd_rows[y]:
                pen = self._write_odd(out, y, pen)
            else:
                pen = self._write_row(out, y, np.flatnonzero(changed[y]), pen)
        if pen:
            out.append("\x1b[m")
        np.copyto(self._shown_codes, self._codes, where=changed)
        np.copyto(self._shown_numbered, self._numbered, where=changed)
        return "".join(out)

    def _write_row(self, out: list[str], y: int, columns: npt.NDArray[np.intp], pen: int) -> int:
        """Writes these columns of a row, and perhaps others; `pen`: the one in force. Returns the one in force then."""
        codes, numbers = self._codes[y], self._numbered[y]
        text = bytes(codes).decode("utf-32-le")
        at = -1
        for start, end in _spans(numbers, columns):
            if at < 0:
                out.append(f"\x1b[{y + 1};{start + 1}H" if start else f"\x1b[{y + 1}H")
            else:
                out.append(f"\x1b[{start - at}C" if start - at > 1 else "\x1b[C")
            pens = self._drawn_with(codes[start:end], numbers[start:end], pen)
            borders = [0, *(np.flatnonzero(pens[1:] != pens[:-1]) + 1).tolist(), end - start]
            for first, last in pairwise(borders):
                number = int(pens[first])
                if number != pen:
                    out.append(self._change(pen, number))
                    pen = number
                out.append(text[start + first : start + last])
            at = end
        return pen

    def _write_odd(self, out: list[str], y: int, pen: int) -> int:
        """A whole row in which characters take no or two cells: the terminal's cursor may be elsewhere after them than
        Textual has counted, so that it is set anew."""
        at, covered_until = -1, 0
        for x, (code, number) in enumerate(zip(self._codes[y].tolist(), self._numbered[y].tolist(), strict=True)):
            if code == _UNKNOWN or (code == _COVERED and x < covered_until):
                continue
            if at != x:
                out.append(f"\x1b[{y + 1};{x + 1}H")
            if number != pen:
                out.append(self._change(pen, number))
                pen = number
            if _FIRST_TEXT <= code < _COVERED:
                piece = self._texts[code - _FIRST_TEXT]
                out.append(piece)
                at, covered_until = -1, x + cell_len(piece)
            else:
                out.append(" " if code == _COVERED else chr(code))
                at = x + 1
        return pen

    def _drawn_with(self, codes: Codes, numbers: Pens, pen: int) -> Pens:
        """A blank keeps the pen of what is drawn before it where only the ink differs."""
        is_blank = codes == SPACE
        if not is_blank.any():
            return numbers
        drawn = np.maximum.accumulate(np.where(is_blank, 0, np.arange(1, len(codes) + 1)))
        before = np.concatenate((np.array([pen], np.uint16), numbers))[drawn]
        return np.where(is_blank & (self._blank[before] == numbers), before, numbers)

    def _change(self, pen: int, number: int) -> str:
        change = self._changes.get((pen, number))
        if change is None:
            change = self._changes[pen, number] = self._pens[pen].change_to(self._pens[number])
        return change


def _spans(numbers: Pens, columns: npt.NDArray[np.intp]) -> list[tuple[int, int]]:
    """From which column to which one a row is written, where these have changed."""
    spans: list[tuple[int, int]] = []
    start = int(columns[0])
    for gap in np.flatnonzero(np.diff(columns) > 1).tolist():
        end, following = int(columns[gap]) + 1, int(columns[gap + 1])
        if following - end > _BRIDGED_CELLS or (numbers[end : following + 1] != numbers[end - 1]).any():
            spans.append((start, end))
            start = following
    spans.append((start, int(columns[-1]) + 1))
    return spans
