"""The presets in a list, and what one of them would change."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from ovtui.dashboard.drawing.panel import Panel
from ovtui.dashboard.drawing.row_list import RowList
from ovtui.dashboard.drawing.text_fit import Piece, cut, cut_middle, one_line
from ovtui.dashboard.export import TableExport
from ovtui.settings.files.presets import Preset


class PresetRows(RowList):
    """A person's own and ours, by name."""

    MIN_DRAW_WIDTH = 20

    _presets: Sequence[Preset] = ()

    def show(self, presets: Sequence[Preset]) -> None:
        self._presets = presets
        self.cursor = min(self.cursor or 0, len(presets) - 1) if presets else None
        self.redraw()

    @property
    def chosen(self) -> Preset | None:
        return None if self.cursor is None else self._presets[self.cursor]

    def choose(self, name: str) -> None:
        """Puts the cursor on a preset, if it is there."""
        for index, preset in enumerate(self._presets):
            if preset.name == name:
                self.cursor = index
        self.redraw()

    def count(self) -> int:
        return len(self._presets)

    def head(self, width: int) -> list[list[Piece]]:  # noqa: ARG002
        return []

    def row(self, index: int, width: int) -> list[Piece]:
        preset = self._presets[index]
        kind = "ovtui's" if preset.is_shipped else "yours"
        room = width - len(kind) - 6
        mark = "› " if index == self.cursor else "  "
        style = "bold" if index == self.cursor else ""
        return [(mark, "bold $accent"), (f"{cut_middle(preset.name, room):<{room}} ", style), (f"{kind} ", "$dim")]

    def full(self, index: int) -> str:
        return self._presets[index].name

    def extract(self, indices: range) -> TableExport | None:  # noqa: ARG002
        return None


class PresetDetail(Panel):
    """What a preset is for, and what it would change."""

    _preset: Preset | None = None
    _changes: Sequence[tuple[str, str, str]] = ()
    _error = ""

    def show(self, preset: Preset | None, changes: Sequence[tuple[str, str, str]], error: str) -> None:
        self._preset, self._changes, self._error = preset, changes, error
        self.redraw()

    def draw(self, width: int) -> Content:
        preset = self._preset
        if preset is None:
            return Content.styled("no presets", "$dim")
        inner = max(width - 2, 10)
        lines = [*Content.styled(one_line(preset.title), "bold").wrap(inner)]
        if preset.expect:
            lines += Content.styled(one_line(preset.expect), "$dim").wrap(inner)[:4]
        lines += [Content(), *self._diff(inner, self.size.height - len(lines) - 1)]
        return Content("\n").join(lines)

    def _diff(self, width: int, room: int) -> list[Content]:
        if self._error:
            return list(Content.styled(one_line(self._error), "$error").wrap(width))
        if not self._changes:
            return [Content.styled("nothing differs from what is set", "$dim")]
        lines = [Content.styled("would change", "$secondary")]
        shown = self._changes[: max(room - 2, 1)]
        label = min(max(len(name) for name, _, _ in shown), width // 2)
        for name, old, new in shown:
            left = max(width - label - 5, 8)
            after = cut(one_line(new), max(left - len(one_line(old)), left // 2))
            before = cut(one_line(old), left - len(after))
            head = (f"{cut_middle(name, label):<{label}}  ", "$dim")
            lines.append(Content.assemble(head, (before, "$dim"), " → ", (after, "bold $warning")))
        if len(shown) < len(self._changes):
            lines.append(Content.styled(f"and {len(self._changes) - len(shown)} more", "$dim"))
        return lines
