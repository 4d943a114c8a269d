"""Asks one plugin of OpenVINO for its devices and runs one inference, in a process that a driver may crash or hang:
`python -m ovtui.engine.doctor_child`, a Question as JSON on stdin, a line of JSON for each step on stdout."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from ovtui.engine.process_start import answer_pipe, ignore_interrupts
from ovtui.records.doctor_probe import Question, Step, StepName, print_step
from ovtui.records.openvino_reason import summary_of
from ovtui.records.parent_death import die_with_parent

if TYPE_CHECKING:
    import openvino as ov

_WIDTH = 16
_TOLERANCE = 0.02
"""Relative: half floats of a GPU or an NPU are that exact."""


def main() -> None:
    question = msgspec.json.decode(sys.stdin.buffer.read(), type=Question)
    die_with_parent(question.parent_pid)
    ignore_interrupts()
    # Drivers print to stdout and stderr as they like; steps go through a descriptor of their own.
    _ask(_Steps(answer_pipe()), question)
    sys.stderr.flush()
    # No teardown: it can block in OpenVINO.
    os._exit(0)


class _Steps:
    def __init__(self, fd: int) -> None:
        self._fd = fd

    def begins(self, name: StepName, target: str) -> None:
        print_step(self._fd, Step(name=name, target=target))

    def ended(self, name: StepName, target: str, *values: str) -> None:
        print_step(self._fd, Step(name=name, target=target, fine=True, values=list(values)))

    def failed(self, name: StepName, target: str, text: str) -> None:
        print_step(self._fd, Step(name=name, target=target, fine=False, text=text))


def _ask(steps: _Steps, question: Question) -> None:
    kind = question.kind
    steps.begins("import", "openvino")
    try:
        import openvino as ov
    except Exception as error:  # a package that is damaged raises whatever it likes
        steps.failed("import", "openvino", f"{type(error).__name__}: {error}")
        return
    steps.ended("import", "openvino", str(ov.get_version()))
    _tell_of_plugin_file(steps, kind)
    steps.begins("devices", kind)
    try:
        core = ov.Core()
        ids = [str(each) for each in core.get_property(kind, "AVAILABLE_DEVICES")]
    except Exception as error:
        steps.failed("devices", kind, _words(error))
        return
    steps.ended("devices", kind, *ids)
    if question.index >= max(len(ids), 1):
        return
    number = ids[question.index] if ids else ""
    device = f"{kind}.{number}" if number and len(ids) > 1 else kind
    if ids:
        _tell_name(steps, core, device)
    if kind == "NPU" and ids:
        _tell_version(steps, core, device)
    _infer(steps, core, device)


def _tell_of_plugin_file(steps: _Steps, kind: str) -> None:
    found = importlib.util.find_spec("openvino")
    package = Path(found.origin).parent if found is not None and found.origin else Path()
    file = package / "libs" / f"libopenvino_intel_{kind.lower()}_plugin.so"
    if not (package / "libs").is_dir():
        return  # not the wheel: plugins lie where the distribution has them
    if file.exists():
        steps.ended("plugin-file", str(file))
    else:
        steps.failed("plugin-file", str(file), "there is no such file")


def _tell_name(steps: _Steps, core: ov.Core, device: str) -> None:
    steps.begins("name", device)
    try:
        steps.ended("name", device, str(core.get_property(device, "FULL_DEVICE_NAME")))
    except Exception as error:
        steps.failed("name", device, _words(error))


def _tell_version(steps: _Steps, core: ov.Core, device: str) -> None:
    """Of the NPU's driver; nothing where this OpenVINO does not know it. The GPU's plugin has no such property."""
    steps.begins("versions", device)
    try:
        steps.ended("versions", device, f"{device}: {core.get_property(device, 'NPU_DRIVER_VERSION')}")
    except Exception as error:
        steps.failed("versions", device, _words(error))


def _infer(steps: _Steps, core: ov.Core, device: str) -> None:
    """One inference of one matrix product, whose result is known."""
    import numpy as np

    steps.begins("compile", device)
    try:
        request = core.compile_model(_tiny_model(), device).create_infer_request()
    except Exception as error:
        steps.failed("compile", device, _words(error))
        return
    steps.ended("compile", device)
    steps.begins("inference", device)
    try:
        result = next(iter(request.infer({0: np.ones((1, _WIDTH), np.float32)}).values()))
    except Exception as error:
        steps.failed("inference", device, _words(error))
        return
    if np.allclose(result, _WIDTH / 2, rtol=_TOLERANCE):  # false for NaN
        steps.ended("inference", device)
    else:
        steps.failed("inference", device, f"wrong result: {float(np.ravel(result)[0]):g} instead of {_WIDTH / 2:g}")


def _tiny_model() -> ov.Model:
    import numpy as np
    import openvino as ov
    from openvino import opset13 as op

    row = op.parameter([1, _WIDTH], np.float32, name="row")
    product = op.matmul(row, op.constant(np.full((_WIDTH, _WIDTH), 0.5, np.float32)), False, False)
    return ov.Model([op.result(op.relu(product))], [row], "doctor")


def _words(error: Exception) -> str:
    """OpenVINO's own words, in one line; with those of its lines that a summary leaves out, since texts are looked up
    in them."""
    text = str(error)
    summary = summary_of(text) or type(error).__name__
    rest = " ".join(line.strip() for line in text.splitlines() if line.strip() and line.strip() not in summary)
    return f"{summary}\n{rest[:2000]}"


if __name__ == "__main__":
    main()
