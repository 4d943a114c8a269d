"""The grammar of `--state`: when the state of a stateful model is reset."""

from __future__ import annotations

from ovtui.settings.errors import SettingsError
from ovtui.settings.shown_text import in_quotes
from ovtui.settings.value_text import INT64_MAX, whole_number

RESET, KEEP = "reset", "keep"


def canonical_state(text: str) -> str:
    """'reset', 'keep' or a whole number from 1, as the settings hold it. Raises SettingsError."""
    word = text.strip().lower()
    if word in (RESET, KEEP):
        return word
    try:
        if 1 <= (every := whole_number(word)) <= INT64_MAX:
            return str(every)
    except ValueError:
        pass
    raise SettingsError(f"state: {in_quotes(text)} is not reset, keep or a whole number from 1")


def requests_between_resets(state: str) -> int | None:
    """After how many requests of an infer request its state is reset: 1 for `reset`, None for `keep`."""
    return None if state == KEEP else 1 if state == RESET else int(state)


def describe_state(state: str) -> str:
    """'reset before each request', 'kept', 'reset after every 128 requests'."""
    every = requests_between_resets(state)
    return "kept" if every is None else "reset before each request" if every == 1 else f"reset every {every:,} requests"
