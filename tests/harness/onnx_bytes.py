"""An ONNX model as bytes, written without the onnx package: y = x [1,4] times w [4,4]."""

from __future__ import annotations

WEIGHT_BYTES = 64


def onnx_bytes(weights_file: str = "", *, x: str = "x", y: str = "y") -> bytes:
    """The model; its weights are in it, or in the file of that name beside it. `x`, `y`: the names of its ports."""
    x_name, y_name = x.encode(), y.encode()
    tensor = _field(1, 4) + _field(1, 4) + _field(2, 1) + _field(8, b"w")
    if weights_file:
        for key, value in (("location", weights_file), ("offset", "0"), ("length", str(WEIGHT_BYTES))):
            tensor += _field(13, _field(1, key.encode()) + _field(2, value.encode()))
        tensor += _field(14, 1)
    else:
        tensor += _field(9, b"\x00\x00\x80\x3f" * (WEIGHT_BYTES // 4))
    node = _field(1, x_name) + _field(1, b"w") + _field(2, y_name) + _field(4, b"MatMul")
    ports = _field(11, _port(x_name)) + _field(12, _port(y_name))
    graph = _field(1, node) + _field(2, b"graph") + _field(5, tensor) + ports
    return _field(1, 8) + _field(7, graph) + _field(8, _field(2, 13))


def _port(name: bytes) -> bytes:
    shape = b"".join(_field(1, _field(1, size)) for size in (1, 4))
    return _field(1, name) + _field(2, _field(1, _field(1, 1) + _field(2, shape)))


def _field(number: int, value: int | bytes) -> bytes:
    """A field of a protocol buffer: a number, or bytes."""
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    low, rest = value & 127, value >> 7
    return bytes([low | 128]) + _varint(rest) if rest else bytes([low])
