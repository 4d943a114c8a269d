"""Who imports what, looked at in fresh processes: import-linter sees the source, this sees what really happens."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache

import pytest

SCREEN = {"textual", "rich", "plotext"}
_LOOK = """
import importlib, json, pkgutil, sys
room = importlib.import_module(sys.argv[1])
for module in pkgutil.walk_packages(room.__path__, room.__name__ + "."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""


@cache
def imported_by(room: str) -> set[str]:
    """The top-level packages in a process that has imported every module of a room."""
    done = subprocess.run([sys.executable, "-c", _LOOK, room], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout))


@pytest.mark.parametrize(
    ("room", "absent"),
    [
        ("ovtui.settings", {"openvino", "numpy", *SCREEN}),
        ("ovtui.records", {"openvino", *SCREEN}),
        ("ovtui.metrics", {"openvino", *SCREEN}),
        ("ovtui.host", {"openvino", *SCREEN}),
        ("ovtui.studies", {"openvino", *SCREEN}),
        ("ovtui.terminal", {"openvino", "numpy", *SCREEN}),
        ("ovtui.engine", {"textual", "plotext"}),
        ("ovtui.dashboard", {"openvino"}),
        ("ovtui.cli", {"openvino"}),
    ],
)
def test_a_room_imports_only_what_is_its_own(room: str, absent: set[str]) -> None:
    assert not imported_by(room) & absent


def test_the_screen_and_the_engine_are_where_they_should_be() -> None:
    """The test above can fail: these do import what the others must not."""
    assert "textual" in imported_by("ovtui.dashboard")
    assert "openvino" in imported_by("ovtui.engine")


@pytest.mark.parametrize(
    ("arguments", "absent"),
    [
        (["--version"], {"numpy", "openvino", "click", "msgspec", *SCREEN}),
        (["--help"], {"numpy", "openvino", *SCREEN}),
        (["presets"], {"numpy", "openvino", *SCREEN}),
        (["run", "--help"], {"numpy", "openvino", *SCREEN}),
        (["inspect", "demo-matmul"], {"numpy", "openvino", *SCREEN}),
        (["devices", "CPU"], {"numpy", "openvino", *SCREEN}),
    ],
)
def test_a_command_imports_only_what_it_needs(arguments: list[str], absent: set[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "ovtui", *arguments], capture_output=True, text=True, check=True
    )
    lines = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in lines}
    assert "ovtui" in imported
    assert not imported & absent
