"""A run that somebody has ended on its box: never told as if it had gone to its end."""

from __future__ import annotations

import pytest

from ovtui.cli.exits import Exit
from ovtui.cli.fleet.outcome import exit_code
from ovtui.cli.fleet.progress import _line
from ovtui.records.fleet import BoxState


@pytest.mark.parametrize(
    ("code", "text", "line", "whole"),
    [
        (0, "", "done: nothing was measured", Exit.FINE),
        (0, "session a was ended by another view",
         "done: nothing was measured; session a was ended by another view", Exit.FINE),
        (130, "session a was ended by a signal to its host",
         "interrupted: nothing was measured; session a was ended by a signal to its host", Exit.FAILED),
    ],
)  # fmt: skip
def test_is_told_by_whom(code: int, text: str, line: str, whole: Exit) -> None:
    state = BoxState(name="b", phase="done", code=code, text=text)
    assert _line(state) == line
    assert exit_code([state], {}, interrupted=False) == whole
    assert exit_code([state], {}, interrupted=True) == Exit.INTERRUPTED
