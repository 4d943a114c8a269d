"""A wrong setting as an exception, and how long its sentence may be."""

from __future__ import annotations

import re

_SENTENCE, _WORD = 1000, 200
"""Characters: sentences up to this length stay as they are, and in longer ones words are cut to that."""
_MOST = 4000


class SettingsError(ValueError):
    """A value, preset or settings file that cannot be used. The text is one sentence for a person."""

    def __init__(self, text: str) -> None:
        super().__init__(shortened(text))


def shortened(text: str) -> str:
    """A sentence that repeats what a person gave, however long that is: long words without their middle."""
    if len(text) <= _SENTENCE:
        return text
    cut = re.sub(rf"\S{{{_WORD},}}", lambda found: _without_middle(found[0], _WORD), text)
    return _without_middle(cut, _MOST)


def _without_middle(text: str, length: int) -> str:
    half = length // 2
    return text if len(text) <= length else f"{text[:half]}…{text[-half:]}"
