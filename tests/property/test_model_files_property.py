"""Whatever a file holds, it is refused in one sentence or left to OpenVINO."""

from __future__ import annotations

import tempfile
from pathlib import Path

from harness.onnx_bytes import onnx_bytes
from hypothesis import given
from hypothesis import strategies as st

from ovtui.engine.errors import SetupError
from ovtui.engine.model.model_files import broken_text, find_model

BEGINNINGS = [
    b"", b"PK\x03\x04", b"\x80\x02", b"\x1f\x8b\x08", b"<?xml ", b"<net version=", b"{", b"[", b"\x08\x08",
    b"\x08\x08\x3a", b"version https://git-lfs.github.com/spec/v1\nsize ", b"GGUF", b"\x02\0\0\0\0\0\0\0{\"",
    b"outs:\nmd5:", b"layer {",
]  # fmt: skip
NAMES = ["", ".onnx", ".xml", ".bin", ".pt", ".h5", ".json", ".zip", ".tflite", ".pdmodel", ".onnx.data", ".gz"]


def told(path: Path) -> str:
    """What is said of a model, of whatever kind; empty where it is left to OpenVINO."""
    try:
        found = find_model(str(path))
    except SetupError as error:
        return str(error)
    assert Path(found.path).exists()
    return broken_text(found.path)


def check(content: bytes, name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, name)
        path.write_bytes(content)
        for text in (told(path), told(path.parent)):
            assert text.isprintable()


@given(st.sampled_from(BEGINNINGS), st.binary(max_size=400), st.sampled_from(NAMES))
def test_random_bytes(beginning: bytes, rest: bytes, name: str) -> None:
    check(beginning + rest, f"m{name}")


@given(st.integers(0, 200), st.integers(0, 255), st.integers(0, 250))
def test_a_damaged_onnx(place: int, byte: int, length: int) -> None:
    content = bytearray(onnx_bytes("weights"))
    content[place % len(content)] = byte
    check(bytes(content[:length]), "m.onnx")
