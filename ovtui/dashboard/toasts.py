"""The dashboard's notifications in the corner of the screen: changes of device, problems with the config's keys."""

from __future__ import annotations

from textual.app import App
from textual.notifications import SeverityLevel

from ovtui.dashboard.drawing.glyphs import GLYPHS
from ovtui.dashboard.drawing.text_fit import one_line
from ovtui.dashboard.keys.keymap import KeyBindings
from ovtui.metrics.handover.event_text import EventText, describe_event
from ovtui.metrics.session.session_state import SessionState
from ovtui.settings.shown_text import shown

TOAST_S = 8.0
MAX_NOTICE_AGE_NS = 5_000_000_000
"""An older change of device is no news to a person who attaches or replays."""
_PROBLEMS_SHOWN = 4


class Toasts:
    """Owner: the dashboard."""

    def __init__(self, app: App[int]) -> None:
        self._app = app
        self._device_changes = DeviceChangeNotices()
        self._visible = False
        self.ascii_only = False
        self.bell_at_changes = False
        """The terminal's bell rings when the device changes."""

    def show(
        self, text: str, title: str, severity: SeverityLevel = "information", *, timeout_s: float = TOAST_S
    ) -> None:
        text = "\n".join(map(shown, text.split("\n")))
        if self.ascii_only:
            text = "\n".join(map(GLYPHS["ascii"].text, text.split("\n")))
        self._visible = True
        self._app.notify(text, title=title, severity=severity, timeout=timeout_s, markup=False)

    def dismiss(self) -> None:
        """Removes all toasts. A person who types has seen them, and may need to see what they cover."""
        if self._visible:
            self._visible = False
            self._app.clear_notifications()

    def show_device_changes(self, state: SessionState, now_ns: int) -> None:
        """Shows each new change of the serving engine's device once."""
        for change in self._device_changes.new_changes(state, now_ns):
            severity: SeverityLevel = "information" if change.severity == "info" else change.severity
            self.show(one_line(change.text), change.label, severity)
            if self.bell_at_changes:
                self._app.bell()

    def forget_device_changes(self) -> None:
        """Makes all changes new again, as a replay that starts over requires."""
        self._device_changes = DeviceChangeNotices()

    def show_key_problems(self, keys: KeyBindings) -> None:
        """Shows the first problems with the [keys] table of the config file, if there are any."""
        if not keys.problems:
            return
        text = "\n".join(one_line(str(problem)) for problem in keys.problems[:_PROBLEMS_SHOWN])
        more = len(keys.problems) - _PROBLEMS_SHOWN
        rest = f"\nand {more} more; {keys.first('help')} shows all" if more > 0 else ""
        self.show(text + rest, "[keys] in the config file", "warning", timeout_s=2 * TOAST_S)


class DeviceChangeNotices:
    """Hands out each change of device once. Owner: the dashboard."""

    def __init__(self) -> None:
        self._newest_ns = -1
        """Time of the newest change seen."""

    def new_changes(self, session_state: SessionState, now_ns: int) -> list[EventText]:
        """The new changes of the serving engine, oldest first, without those older than MAX_NOTICE_AGE_NS."""
        engine = session_state.engines.get(session_state.serving)
        if engine is None:
            return []
        new = [change for change in engine.device_changes if change.t_ns > self._newest_ns]
        if new:
            self._newest_ns = new[-1].t_ns
        return [describe_event(change, session_state) for change in new if now_ns - change.t_ns <= MAX_NOTICE_AGE_NS]
