"""What the terminal shows and what it is to show, cell by cell; the difference goes to the terminal.

Textual sends whole regions, each run of a style with all of its colours, and a start repaints the screen several times:
29.7 kB until the first figures at 120x40. And a frame that was left out on a slow line took a whole repaint to make up
for. Here only cells that differ are sent, with the shortest change of colours, whatever was left out before."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
import numpy.typing as npt
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from ovtui.dashboard.drawing.glyphs import SPACE, Codes

Pens = npt.NDArray[np.uint16]
Cells = npt.NDArray[np.intp]
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
        self.left = False
        """The last difference was not all."""
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
        self._has_odd, self._has_holes = False, True
        """There may be cells of _COVERED or texts, or of _UNKNOWN in what is to be shown."""

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
        drawn_with = np.repeat(np.array(pens, np.uint16), [len(text) for text in texts])
        room = max(self.width - x, 0)
        self._put(x, y, _codes(whole)[:room], drawn_with[:room])

    def put_grid(self, x: int, y: int, codes: Codes, numbers: npt.NDArray[np.uint8], parameters: Sequence[str]) -> None:
        """Cells of one character each; `numbers`: [height, width] indexes of `parameters`."""
        key = tuple(parameters)
        pens = self._of_lists.get(key)
        if pens is None:
            pens = self._of_lists[key] = np.array([self._pen(each) for each in key], np.uint16)
        height, width = max(min(codes.shape[0], self.height - y), 0), max(min(codes.shape[1], self.width - x), 0)
        self._put(x, slice(y, y + height), codes[:height, :width], pens[numbers[:height, :width]])

    def _put(self, x: int, y: int | slice, codes: Codes, pens: Pens) -> None:
        end = x + codes.shape[-1]
        self._codes[y, x:end] = codes
        self._numbered[y, x:end] = np.where(codes == SPACE, self._blank[pens], pens)

    def _put_odd(self, x: int, y: int, texts: Sequence[str], pens: Sequence[int]) -> None:
        for text, pen in zip(texts, pens, strict=True):
            for piece, width in _pieces(text):
                if len(piece) == width == 1 and x < self.width:
                    self._put(x, y, _codes(piece), np.array([pen], np.uint16))
                elif width and x + width <= self.width:
                    self._has_odd = True
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

    def difference(self, most_cells: int | None = None) -> str:
        """What makes the terminal show what it is to show; from now on that is what it shows. Leaves the cursor
        anywhere, and no colours. `most_cells`: where more have changed, the rows with the fewest come first, which are
        status lines and answers to keys, and the others are `left`."""
        changed = self._codes != self._shown_codes
        changed |= self._numbered != self._shown_numbered
        if self._has_holes:
            known = self._codes != _UNKNOWN
            changed &= known
            self._has_holes = not known.all()
        self.left = most_cells is not None and self._keep_few(changed, most_cells)
        out: list[str] = []
        pen = self._write_odd_rows(out, changed) if self._has_odd else 0
        cells = np.flatnonzero(changed)
        if cells.size:
            pen = self._write_cells(out, self._with_bridges(cells), pen)
            np.copyto(self._shown_codes, self._codes, where=changed)
            np.copyto(self._shown_numbered, self._numbered, where=changed)
        if pen:
            out.append("\x1b[m")
        return "".join(out)

    def _keep_few(self, changed: npt.NDArray[np.bool_], most_cells: int) -> bool:
        """Leaves only so many cells in `changed`, but one row at least; True where others were in it."""
        counts = np.count_nonzero(changed, axis=1)
        order = np.argsort(counts, kind="stable")
        left = order[np.cumsum(counts[order]) > max(most_cells, int(counts[counts > 0].min(initial=self.width)))]
        changed[left] = False
        return left.size > 0

    def _with_bridges(self, cells: Cells) -> Cells:
        """With the cells between those that have changed, where it is shorter to write them again."""
        numbers = self._numbered.reshape(-1)
        gaps = np.diff(cells)
        short = np.flatnonzero((gaps > 1) & (gaps <= _BRIDGED_CELLS + 1))
        if not short.size:
            return cells
        before, gaps = cells[short], gaps[short]
        good = before // self.width == (before + gaps) // self.width
        for step in range(1, _BRIDGED_CELLS + 1):
            good &= (gaps <= step) | (numbers[np.minimum(before + step, numbers.size - 1)] == numbers[before])
        before, gaps = before[good], gaps[good]
        bridges = [before[gaps > step] + step for step in range(1, _BRIDGED_CELLS + 1)]
        joined = np.concatenate((cells, *bridges))
        joined.sort()
        return joined

    def _write_cells(self, out: list[str], cells: Cells, pen: int) -> int:
        """Writes cells, numbered row after row; `pen`: the one in force. Returns the one in force then."""
        codes = self._codes.reshape(-1)[cells]
        pens = self._drawn_with(codes, self._numbered.reshape(-1)[cells], pen)
        jumps = np.ones(len(cells), np.bool_)
        jumps[1:] = (cells[1:] != cells[:-1] + 1) | (cells[1:] % self.width == 0)
        begins = jumps.copy()
        begins[1:] |= pens[1:] != pens[:-1]
        starts = np.flatnonzero(begins)
        text = bytes(codes).decode("utf-32-le")
        ends = [*starts[1:].tolist(), len(cells)]
        after = -1
        """The cell at which the cursor is; -1 where that is not known."""
        for start, end, cell, number, jump in zip(
            starts.tolist(), ends, cells[starts].tolist(), pens[starts].tolist(), jumps[starts].tolist(), strict=True
        ):
            if jump:
                out.append(self._move(after, cell))
            if number != pen:
                out.append(self._change(pen, number))
                pen = number
            out.append(text[start:end])
            after = cell + end - start
        return pen

    def _move(self, after: int, cell: int) -> str:
        """Of the cursor to a cell, from the one after the last that was written."""
        y, x = divmod(cell, self.width)
        if after > y * self.width:
            return "\x1b[C" if cell == after + 1 else f"\x1b[{cell - after}C"
        return f"\x1b[{y + 1};{x + 1}H" if x else f"\x1b[{y + 1}H"

    def _write_odd_rows(self, out: list[str], changed: npt.NDArray[np.bool_]) -> int:
        """Writes the rows that have changed and hold, or held, texts of other than one cell; they count as unchanged
        then."""
        pen = 0
        was_odd = (self._shown_codes >= _FIRST_TEXT) & (self._shown_codes != _UNKNOWN)
        odd = (self._codes >= _FIRST_TEXT) & (self._codes != _UNKNOWN)
        self._has_odd = bool(odd.any())
        for y in np.flatnonzero((odd | was_odd).any(axis=1) & changed.any(axis=1)).tolist():
            pen = self._write_odd(out, y, pen)
            self._shown_codes[y], self._shown_numbered[y] = self._codes[y], self._numbered[y]
            changed[y] = False
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
