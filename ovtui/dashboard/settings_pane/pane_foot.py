"""The foot of the settings pane: what the row means, what is staged, and what will become of it."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from textual.content import Content

from ovtui.dashboard.drawing.panel import Panel
from ovtui.dashboard.drawing.text_fit import cut, cut_middle, one_line
from ovtui.dashboard.keys.keymap import KeyBindings, keys_of
from ovtui.dashboard.staging import Staging
from ovtui.dashboard.views.header import elapsed_since_text, replacement_compiling
from ovtui.metrics.session.session_state import SessionState
from ovtui.metrics.snapshot import Snapshot
from ovtui.settings.schema.field_spec import Effect

_MIN_LINES, _USUAL_LINES, _MAX_LINES = 5, 7, 16
_LOW_PANE_HEIGHT = 20
"""Heights of the pane below which the help gets two lines."""


class PaneFoot(Panel):
    _help: Content = Content()
    _changes: Sequence[tuple[str, str, str]] = ()
    _status: Content = Content()

    def show(self, snapshot: Snapshot, staging: Staging, about: str, read_only: bool) -> None:
        """`about`: what there is to say of the chosen row."""
        keys = keys_of(self)
        self._help = Content.styled(one_line(about), "$dim")
        self._changes = staging.staged_changes()
        self._status = _status_text(snapshot, staging, read_only, keys)
        self.redraw()

    def preferred_height(self, pane_height: int) -> int:
        """Cells with the rule above: what the staged changes take, and help that leaves the list most of the pane."""
        lines = (_MIN_LINES if pane_height < _LOW_PANE_HEIGHT else _USUAL_LINES) + len(self._changes)
        return min(lines, _MAX_LINES, max(pane_height // 2, _MIN_LINES))

    def draw(self, width: int) -> Content:
        """The help gets what the staged changes and the status leave."""
        inner, height = max(width - 3, 10), max(self.size.height, 1)
        status = self._status.wrap(inner)[:2] if self._status else []
        staged = _staged_lines(self._changes, inner, max(height - 1 - len(status), 1))
        free = max(height - len(staged) - len(status), 0)
        about = self._help.wrap(inner)[:free]
        blank = [Content()] * (free - len(about))
        return Content("\n").join(Content("  ") + line for line in [*about, *blank, *staged, *status])


def _staged_lines(changes: Sequence[tuple[str, str, str]], width: int, room: int) -> list[Content]:
    """A line for each change, or what fits of them."""
    if not changes:
        return []
    heading = Content.styled(f"{len(changes)} staged", "bold $warning")
    listed = ": " + ", ".join(f"{label} {one_line(old)} → {one_line(new)}" for label, old, new in changes)
    if room < 3 or heading.cell_length + cell_len(listed) <= width:
        return [Content.assemble(heading, cut(listed, width - heading.cell_length))]
    shown = changes if len(changes) < room else changes[: room - 2]
    label_width = min(max(len(label) for label, _, _ in shown), width // 2)
    lines = [heading]
    for label, old, new in shown:
        name = f"{cut_middle(label, label_width):<{label_width}}"
        left = max(width - label_width - 5, 8)
        after = cut(one_line(new), left - min(len(one_line(old)), left // 2))
        before = cut(one_line(old), left - len(after))
        lines.append(Content.assemble((f"{name}  ", "$dim"), (before, "$dim"), " → ", (after, "bold $warning")))
    if len(shown) < len(changes):
        lines.append(Content.styled(f"and {len(changes) - len(shown)} more", "$dim"))
    return lines


def _status_text(snapshot: Snapshot, staging: Staging, read_only: bool, keys: KeyBindings) -> Content:
    story = snapshot.story
    if read_only:
        return Content.styled("read-only: nothing can be changed", "$dim")
    if replacement_compiling(story):
        took = elapsed_since_text(story.engines[story.compiling].spawned_ns, snapshot.now_ns)
        compiling = Content.styled(f"new engine compiles, {took}", "bold $accent")
        return Content.assemble(compiling, (f"  {keys.first('undo-all')}", "bold $key"), (" cancels", "$dim"))
    if story.refused is not None and staging.staged:
        # The reason stands in the event line.
        return Content.assemble(
            ("refused; correct it, or ", "$error"), (keys.first("undo-all"), "bold $key"), (" undo all", "$error")
        )
    if staging.applying:
        return Content.styled("applying…", "bold $accent")
    if staging.staged:
        return Content.assemble(
            (keys.first("apply"), "bold $key"), (f" apply ({_apply_cost_text(story, staging)})", "$dim"),
            (f"  {keys.first('undo')}", "bold $key"), (" undo", "$dim"),
        )  # fmt: skip
    return Content()


def _apply_cost_text(story: SessionState, staging: Staging) -> str:
    """What applying takes, from how long the engine in force took."""
    if all(staging.effect(name) is Effect.LIVE for name in staging.staged):
        return "acts at once"
    engine = story.engine
    if engine is None or engine.compiled is None:
        return "recompiles"
    took_s = (engine.compiled.t_ns - engine.spawned_ns) / 1e9
    return f"recompiles ~{took_s:.0f} s, keeps serving" if took_s >= 1 else "recompiles, keeps serving"
