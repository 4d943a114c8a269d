"""The list of presets, and the panel with what the selected one would change."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from ovtui.dashboard.drawing.panel import Panel
from ovtui.dashboard.drawing.row_list import RowList
from ovtui.dashboard.drawing.text_fit import Piece, cut, cut_middle, one_line
from ovtui.dashboard.export import TableExport
from ovtui.dashboard.keys.keymap import keys_of
from ovtui.dashboard.settings_pane.change_lines import change_lines
from ovtui.dashboard.settings_pane.preset_library import PresetDiff
from ovtui.dashboard.staging import ChangeText
from ovtui.settings.files.presets import Preset


class PresetRows(RowList):
    """A row per preset; the person's own before those that ovtui brings."""

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
        """Puts the cursor on the preset of this name, if there is one."""
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
        return [
            (mark, "bold"),
            (f"{cut_middle(one_line(preset.name), room):<{room}} ", style),
            (f"{kind} ", "$dim"),
        ]

    def full(self, index: int) -> str:
        return self._presets[index].name

    def extract(self, indices: range) -> TableExport | None:  # noqa: ARG002
        return None


class PresetDetail(Panel):
    """What the preset is for, and what it would change."""

    _preset: Preset | None = None
    _diff = PresetDiff()
    _error = ""
    _with_model = False

    def show(self, preset: Preset | None, diff: PresetDiff, error: str, *, with_model: bool) -> None:
        """`with_model`: loading would replace the model under test too."""
        self._preset, self._diff, self._error, self._with_model = preset, diff, error, with_model
        self.redraw()

    def draw(self, width: int) -> Content:
        preset = self._preset
        if preset is None:
            return Content.styled("no presets", "$dim")
        inner = max(width - 2, 10)
        lines = [*Content.styled(one_line(preset.title), "bold").wrap(inner)]
        if preset.expect:
            lines += Content.styled(one_line(preset.expect), "$dim").wrap(inner)[:4]
        lines += [Content(), *self._diff_lines(inner, self.size.height - len(lines) - 1)]
        return Content("\n").join(lines)

    def _diff_lines(self, width: int, room: int) -> list[Content]:
        if self._error:
            return list(Content.styled(one_line(self._error), "$error").wrap(width))
        diff, key = self._diff, keys_of(self).first("preset-model")
        model = "your model" if any(label == "model" for label, _, _ in diff.kept) else "what belongs to your model"
        parts: list[tuple[str, Sequence[ChangeText]]] = [
            ("would change", diff.changes),
            ("not in the preset: back to the default", diff.resets),
        ]
        if self._with_model:
            parts.insert(0, (f"would be the preset's model; {key} keeps yours", diff.kept))
        else:
            parts.append((f"{model} stays; {key} takes the preset's", diff.kept))
        parts = [(heading, changes) for heading, changes in parts if changes]
        if not parts:
            return [Content.styled("nothing differs from what is set", "$dim")]
        lines: list[Content] = []
        for index, (heading, changes) in enumerate(parts):
            # Each part that comes has at least its heading and a line.
            free = room - len(lines) - 2 * (len(parts) - index - 1) - 1
            lines.append(Content(cut(heading, width)))
            applies = changes is not diff.kept or self._with_model
            lines += change_lines(changes, width, max(free, 1), applies=applies)
        return lines
