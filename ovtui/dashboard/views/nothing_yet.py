"""What a table or a plot without a request says where none will come: the engine has failed. Else each widget says that
none has come yet.

The event line has OpenVINO's reason; here stand the keys that lead on."""

from __future__ import annotations

from collections.abc import Iterator

from ovtui.dashboard.keys.keymap import KeyBindings
from ovtui.metrics.session.session_state import SessionState

_WHAT = {
    "failed": "the engine has failed: no request ran",
    "died": "the engine died before a request completed",
}
"""By the phase of the session."""


def nothing_yet(state: SessionState, completed: int, keys: KeyBindings, *, changeable: bool) -> str:
    """Empty where requests have completed or may still come. `completed`: requests of the whole run; `changeable`: the
    session is live, and this client may change it."""
    what = _WHAT.get(state.phase, "")
    if completed or not what:
        return ""
    steps = ", ".join(_steps(state, keys, changeable=changeable))
    return f"{what}; {steps}" if steps else what


def _steps(state: SessionState, keys: KeyBindings, *, changeable: bool) -> Iterator[str]:
    if state.explains_now:
        yield f"{keys.first('reason')} whole reason"
    if not changeable:
        return
    if state.suggestion:
        yield f"{keys.first('adopt')} takes what is suggested"
    yield f"{keys.first('settings')} settings"
    yield f"{keys.first('restart')} restarts"
