"""What the doctor's child processes are asked and what they print: a line of JSON for each step, when it begins and
when it has ended, so that a process that crashes or hangs has said within which step."""

from __future__ import annotations

import os
from typing import Literal

import msgspec

from ovtui.records.odd_names import carried, restored

StepName = Literal[
    "load", "platforms", "versions", "open", "import", "plugin-file", "devices", "name", "compile", "inference"
]  # fmt: skip
"""versions: of drivers, 'DEVICE: VERSION' each."""


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What a child is to do."""

    parent_pid: int
    task: Literal["load", "opencl", "level-zero", "open", "openvino"]
    targets: list[str] = []
    """Libraries to load, or device nodes to open."""
    kind: str = ""
    """'CPU', 'GPU', 'NPU': the plugin to ask."""
    index: int = 0
    """Which of the plugin's devices carries an inference."""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a child. One with `fine` None says that the step begins."""

    name: StepName
    target: str = ""
    """The library, node or device."""
    fine: bool | None = None
    text: str = ""
    """Why it failed, in the words of the library or the system."""
    values: list[str] = []
    """What was found: platforms, ids of devices, a version, a path."""


_DECODER = msgspec.json.Decoder(Step)


def print_step(fd: int, step: Step) -> None:
    """Writes one line at once, whatever happens next."""
    plain = msgspec.structs.replace(
        step, target=carried(step.target), text=carried(step.text), values=list(map(carried, step.values))
    )
    os.write(fd, msgspec.json.encode(plain) + b"\n")


def steps_of(printed: bytes) -> list[Step]:
    """The lines that are steps; a line that is cut or no step is left out."""
    found = []
    for line in printed.splitlines():
        try:
            step = _DECODER.decode(line)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            continue
        found.append(
            msgspec.structs.replace(
                step, target=restored(step.target), text=restored(step.text), values=list(map(restored, step.values))
            )
        )
    return found
