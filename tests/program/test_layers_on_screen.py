"""View 8 of the real program: the layers of a model are profiled while the load rests, and filtered; a replay of the
recording shows the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from harness.fixture_types import StartProgram, StartTmux
from harness.reading import completed

pytestmark = pytest.mark.tmux

_ROW = re.compile(r"^ +(\d+)  (\S+) +(\S+) ", re.MULTILINE)
"""Order, name and type of a layer."""


def layers_in(text: str) -> list[tuple[str, ...]]:
    return [found.groups() for found in _ROW.finditer(text.partition("BY TIME")[2])]


def test_layers_are_profiled_filtered_and_replayed(in_tmux: StartTmux, start: StartProgram, tmp_path: Path) -> None:
    recording = tmp_path / "layers.ovtui"
    screen = in_tmux("demo-cnn", "-d", "CPU", "--record", str(recording), columns=120, rows=40)
    screen.wait_for(lambda text: completed(text) > 50)
    screen.keys("8")
    screen.wait_for("b measures how long each layer of demo-cnn on CPU takes")
    screen.keys("b")
    screen.wait_for("it rests while the layers are profiled")
    # The load goes on after it.
    text = screen.wait_for(lambda text: "profiling costs" in text and "segment 2" in text and len(layers_in(text)) > 20)
    assert re.search(
        r"untouched [\d.]+ ms.*, profiled [\d.]+ ms|takes [\d.]+ ms untouched .*, [\d.]+ ms profiled", text
    )
    assert "unexplained" in text
    found = layers_in(text)
    assert found[0][2] == "Convolution"
    screen.keys("/")
    screen.wait_for("enter keep  esc as before")
    screen.keys(*"relu")
    text = screen.wait_for("filter: relu")
    assert 0 < len(layers_in(text)) < len(found)
    screen.keys("Escape")
    screen.wait_for(lambda text: layers_in(text) == found)
    screen.keys("q")
    code, text = screen.wait_for_exit()
    assert code == 0
    assert re.search(r"study +layers on CPU: \d+ layers on CPU are", text)

    replay = start("replay", str(recording), "--speed", "100")
    replay.keys("8")
    replay.wait_for(lambda text: layers_in(text) == found)
    replay.keys("b")
    replay.wait_for("a recording shows what was measured")
    replay.keys("q")
    assert replay.wait() == 0
