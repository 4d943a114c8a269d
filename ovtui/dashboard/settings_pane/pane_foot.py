"""The foot of the settings pane: help on the selected row, the staged changes, and what applying them takes."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from textual.content import Content

from ovtui.dashboard.drawing.panel import Panel
from ovtui.dashboard.drawing.text_fit import cut, one_line
from ovtui.dashboard.keys.keymap import KeyBindings, keys_of
from ovtui.dashboard.settings_pane.change_lines import change_lines
from ovtui.dashboard.staging import ChangeText, Staging
from ovtui.dashboard.views.header import replacement_compiling
from ovtui.metrics import number_format
from ovtui.metrics.session.session_state import SessionState
from ovtui.metrics.snapshot import Snapshot
from ovtui.settings.schema.field_spec import Effect

_MIN_LINES, _USUAL_LINES, _MAX_LINES = 5, 7, 16
_LOW_PANE_HEIGHT = 20
"""Below this height of the pane the foot takes _MIN_LINES, with two lines of help."""


class PaneFoot(Panel):
    _help: Content = Content()
    _changes: Sequence[ChangeText] = ()
    _status: Content = Content()

    def show(self, snapshot: Snapshot, staging: Staging, help_text: str, read_only: bool) -> None:
        """`help_text`: on the selected row."""
        keys = keys_of(self)
        self._help = Content.styled(one_line(help_text), "$dim")
        self._changes = staging.staged_changes()
        self._status = _status_text(snapshot, staging, read_only, keys)
        self.redraw()

    def preferred_height(self, pane_height: int) -> int:
        """Height with the rule above: a line per staged change, and help; the list keeps at least half of the pane."""
        lines = (_MIN_LINES if pane_height < _LOW_PANE_HEIGHT else _USUAL_LINES) + len(self._changes)
        return min(lines, _MAX_LINES, max(pane_height // 2, _MIN_LINES))

    def draw(self, width: int) -> Content:
        """The help gets the lines that the staged changes and the status leave."""
        inner, height = max(width - 3, 10), max(self.size.height, 1)
        status = self._status.wrap(inner)[:2] if self._status else []
        staged = _staged_lines(self._changes, inner, max(height - 1 - len(status), 1))
        free = max(height - len(staged) - len(status), 0)
        help_lines = self._help.wrap(inner)[:free]
        blank = [Content()] * (free - len(help_lines))
        return Content("\n").join(Content("  ") + line for line in [*help_lines, *blank, *staged, *status])


def _staged_lines(changes: Sequence[ChangeText], width: int, room: int) -> list[Content]:
    """A heading and a line per change; all on one line where they fit, or where there is no room for more."""
    if not changes:
        return []
    heading = Content.styled(f"{len(changes)} staged", "bold $warning")
    listed = ": " + ", ".join(f"{label} {one_line(old)} → {one_line(new)}" for label, old, new in changes)
    if room < 3 or heading.cell_length + cell_len(listed) <= width:
        return [Content.assemble(heading, cut(listed, width - heading.cell_length))]
    return [heading, *change_lines(changes, width, room - 1)]


def _status_text(snapshot: Snapshot, staging: Staging, read_only: bool, keys: KeyBindings) -> Content:
    session_state = snapshot.session_state
    if read_only:
        return Content.styled("read-only: nothing can be changed", "$dim")
    if replacement_compiling(session_state):
        took = number_format.running_for(session_state.engines[session_state.compiling].spawned_ns, snapshot.now_ns)
        compiling = Content.styled(f"new engine compiles, {took}", "bold")
        return Content.assemble(compiling, (f"  {keys.first('undo-all')}", "bold $key"), (" cancels", "$dim"))
    if session_state.refused is not None and staging.staged:
        # The event line shows the reason.
        return Content.assemble(
            ("refused; correct it, or ", "$error"), (keys.first("undo-all"), "bold $key"), (" undo all", "$error")
        )
    if staging.applying:
        return Content.styled("applying…", "bold")
    if staging.staged:
        return Content.assemble(
            (keys.first("apply"), "bold $key"), (f" apply ({_apply_cost_text(session_state, staging)})", "$dim"),
            (f"  {keys.first('undo')}", "bold $key"), (" undo", "$dim"),
        )  # fmt: skip
    return Content()


def _apply_cost_text(session_state: SessionState, staging: Staging) -> str:
    """What applying takes; the duration is that of the compile in force."""
    if all(staging.effect(name) is Effect.LIVE for name in staging.staged):
        return "acts at once"
    engine = session_state.engine
    if engine is None or engine.compiled is None:
        return "recompiles"
    took_s = (engine.compiled.t_ns - engine.spawned_ns) / 1e9
    took = f" ~{number_format.count(round(took_s))} s" if took_s >= 1 else ""
    return f"recompiles{took}, keeps serving"
