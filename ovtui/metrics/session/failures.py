"""What is said of failed requests, on every surface and before all other figures: the share of them, and why."""

from __future__ import annotations

from ovtui.metrics import number_format
from ovtui.metrics.session.session_state import SessionState
from ovtui.records.events import REQUESTS_FAIL


def failure_reasons(session_state: SessionState) -> list[str]:
    """The reasons that OpenVINO gave, each once, in the order in which they came up."""
    texts = (note.text for note in session_state.notes if note.text.startswith(REQUESTS_FAIL))
    return list(dict.fromkeys(" ".join(text.removeprefix(REQUESTS_FAIL).split()) for text in texts))


def failed_text(error_share: float | None) -> str:
    """'95.5 % failed'; empty where nothing has failed."""
    return f"{number_format.share(error_share)} failed" if error_share else ""


def failure_sentence(error_share: float | None, reasons: list[str]) -> str:
    """'95.5 % of requests failed: the reason, and 2 other reasons'; empty where nothing has failed."""
    if not error_share:
        return ""
    others = number_format.quantity(len(reasons) - 1, "other reason")
    why = f": {reasons[0]}" if reasons else ""
    return f"{number_format.share(error_share)} of requests failed{why}" + (f", and {others}" if reasons[1:] else "")
