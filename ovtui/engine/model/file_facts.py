"""What is known of a model's file without its graph: its format, its size, the weights beside it."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path

from ovtui.engine.model.onnx_parts import onnx_parts

FORMATS = {
    "ir": "OpenVINO IR", "onnx": "ONNX", "tflite": "TensorFlow Lite", "tf": "TensorFlow", "paddle": "PaddlePaddle",
    "pytorch": "PyTorch",
}  # fmt: skip
"""By the names of OpenVINO's frontends."""


def format_of(file: str | None) -> tuple[str, str | None]:
    """'OpenVINO IR' and its version '11', by the frontend of OpenVINO that reads the file; None: a built-in model."""
    if file is None:
        return "built in", None
    from openvino.frontend import FrontEndManager

    try:
        frontend = FrontEndManager().load_by_model(file)
    except RuntimeError:
        frontend = None
    name = frontend.get_name() if frontend else ""
    version = None
    if name == "ir":
        with Path(file).open("rb") as opened:
            found = re.search(rb'<net\b[^>]*\bversion="(\d+)"', opened.read(4096))
        version = found[1].decode() if found else None
    return FORMATS.get(name, name or "unknown"), version


def sizes_of(file: str | None) -> tuple[int | None, int | None]:
    """Bytes of the file, or of a folder's files, together with the weights beside it; and of these weights alone, None
    where there are none."""
    if file is None:
        return None, None
    path = Path(file)
    if path.is_dir():
        return sum(each.stat().st_size for each in path.rglob("*") if each.is_file()), None
    beside = [each for each in _weights_beside(path) if each.is_file()]
    weights = sum(each.stat().st_size for each in beside) if beside else None
    return path.stat().st_size + (weights or 0), weights


def _weights_beside(path: Path) -> list[Path]:
    if path.suffix == ".xml":
        return [path.with_suffix(".bin")]
    if path.suffix == ".pdmodel":
        return [path.with_suffix(".pdiparams")]
    if path.suffix == ".onnx":
        with contextlib.suppress(OSError, ValueError):
            parts = onnx_parts(path)
            return [path.parent / name for name in parts.external] if parts is not None else []
    return []
