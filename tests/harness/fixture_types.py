"""What the fixtures of conftest.py hand out, for annotations."""

from __future__ import annotations

from collections.abc import Callable
from subprocess import CompletedProcess

from harness.program import Program
from harness.tmux import Tmux

StartProgram = Callable[..., Program]
StartOverSsh = Callable[..., Program]
StartTmux = Callable[..., Tmux]
Headless = Callable[..., CompletedProcess[str]]
RigEnv = Callable[..., dict[str, str]]
