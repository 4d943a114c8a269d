"""Changes of settings as lines of text, for the foot of the settings pane and the presets page."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from ovtui.dashboard.drawing.text_fit import cut, cut_middle, one_line
from ovtui.dashboard.staging import ChangeText


def change_lines(changes: Sequence[ChangeText], width: int, room: int, *, applies: bool = True) -> list[Content]:
    """'label  old → new' for each change; where they need more than `room` lines, the last line counts the others.

    Where it does not apply: 'label  old, not new'."""
    shown = changes if len(changes) <= room else changes[: max(room - 1, 1)]
    label_width = min(max(len(label) for label, _, _ in shown), width // 2)
    values_width = max(width - label_width - 5, 8)
    lines = []
    for label, old, new in shown:
        after = cut(one_line(new), values_width - min(len(one_line(old)), values_width // 2))
        before = cut(one_line(old), values_width - len(after))
        name = f"{cut_middle(label, label_width):<{label_width}}  "
        if applies:
            lines.append(Content.assemble((name, "$dim"), (before, "$dim"), " → ", (after, "bold $warning")))
        else:
            lines.append(Content.assemble((name, "$dim"), (before, "bold"), (f", not {after}", "$dim")))
    if len(shown) < len(changes):
        lines.append(Content.styled(f"and {len(changes) - len(shown)} more", "$dim"))
    return lines
