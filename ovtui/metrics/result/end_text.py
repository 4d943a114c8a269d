"""How a session ended where its engine did not end in order: the reason, for the top of summaries and reports."""

from __future__ import annotations

from ovtui.metrics import number_format
from ovtui.metrics.handover.device_state import ENGINE_DIED
from ovtui.metrics.result.schema import Result


def end_text(result: Result) -> str:
    """'engine 1 died: SIGKILL (9: ...), 16 requests unfinished; at 00:08.3'; of a start that failed its reason. Empty
    where the last engine ended in order, or still serves."""
    serving = result.serving
    if serving.device != number_format.UNKNOWN:
        return ""
    newest = next((event for event in reversed(result.events) if event.kind in ("died", "failed")), None)
    died = serving.sentence.startswith(ENGINE_DIED)
    if newest is None or not (died or newest.text == serving.sentence):
        return serving.sentence if died else ""  # another engine was starting then
    when = number_format.session_time(round(newest.t_s * 1e9), 1)
    failed = "the engine failed" if result.segments else "the engine could not start"
    return f"{newest.text if died else f'{failed}: {newest.text}'}; at {when}"
