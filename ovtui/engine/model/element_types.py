"""OpenVINO's element types: the values that random data takes, how values in numpy become a tensor's bytes, and which
values a type can hold.

bf16 and the two f8 are numpy types of ml_dtypes, imported where a model has them (17 ms). OpenVINO's own conversion
(`op.Constant` of a list) cuts bf16 off instead of rounding (0.1 becomes 0.0996), rounds f8e5m2 twice (61439 becomes
inf), and takes 7 ms for a 224x224 picture where ml_dtypes takes 0.1 ms. On f8e4m3 both agree: no infinity, 448 the
largest, NaN beyond."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import openvino as ov

from ovtui.engine.errors import SetupError
from ovtui.engine.model.ports import port_name, port_shape, spelled_name
from ovtui.settings.port_values import quoted
from ovtui.settings.shown_text import in_quotes

Array = npt.NDArray[Any]

_ML_DTYPES = {"bf16": "bfloat16", "f8e4m3": "float8_e4m3fn", "f8e5m2": "float8_e5m2"}
_MANTISSA = {"f64": 52, "f32": 23, "f16": 10, "bf16": 7, "f8e4m3": 3, "f8e5m2": 2}
"""Bits of the fraction."""
_U1_INPUT = "ovtui_u1"
"""Key of the runtime info of an input that was u1."""
_RUN_AS_F32 = ("nf4", "u2", "f4e2m1", "f8e8m0")
"""Refused types into which OpenVINO converts f32; into u3, u6 and dynamic it does not."""
MAX_RANDOM_WORDS = 3


@dataclass(frozen=True)
class ElementType:
    """An element type of which tensors can be filled."""

    name: str
    """OpenVINO's name: 'f32', 'i4'."""
    family: Literal["float", "integer", "boolean", "string"]
    bits: int
    """Of one element in a tensor; 0 for strings."""
    low: int = 0
    high: int = 0
    """The smallest and the largest integer."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """The numpy type in which values are held before they become a tensor, one element for each value. That of a
        string holds any length."""
        if self.name in _ML_DTYPES:
            import ml_dtypes

            found: np.dtype[Any] = np.dtype(getattr(ml_dtypes, _ML_DTYPES[self.name]))
            return found
        if self.family == "string":
            return np.dtype(np.str_)
        if self.family == "boolean":
            return np.dtype(np.bool_)
        return np.dtype(f"{self.name[0]}{max(self.bits, 8) // 8}")

    @cached_property
    def last_whole(self) -> int:
        """The largest whole number up to which the type holds all, from 0 on: 127 of i8, 256 of bf16."""
        if self.family != "float":
            return self.high
        return 2 << _MANTISSA[self.name]

    @property
    def is_numpys(self) -> bool:
        """Whether a tensor's `data` shows the values: else it shows bits."""
        return self.bits >= 8 and self.name not in _ML_DTYPES

    def bytes_of(self, count: int) -> int:
        """The bytes of a tensor of `count` elements."""
        return -(-count * self.bits // 8)


def _integer(name: str) -> ElementType:
    bits, signed = int(name[1:]), name[0] == "i"
    return ElementType(name, "integer", bits, -(1 << bits - 1) if signed else 0, (1 << bits - signed) - 1)


_TYPES = {
    each.name: each
    for each in (
        *(ElementType(name, "float", bits) for name, bits in (("f64", 64), ("f32", 32), ("f16", 16), ("bf16", 16))),
        *(ElementType(name, "float", 8) for name in ("f8e4m3", "f8e5m2")),
        *(_integer(f"{sign}{bits}") for sign in "iu" for bits in (4, 8, 16, 32, 64)),
        _integer("u1"),
        ElementType("boolean", "boolean", 8, 0, 1),
        ElementType("string", "string", 0),
    )
}
TYPE_NAMES = tuple(_TYPES)


def named_type(name: str) -> ElementType:
    """The type of that name of OpenVINO's. Raises KeyError for one that is not filled."""
    return _TYPES[name]


def type_of_dtype(dtype: np.dtype[Any]) -> ElementType:
    """The type whose values a type of numpy's own holds. Raises KeyError."""
    if dtype.kind in "bUS":
        return _TYPES["boolean" if dtype.kind == "b" else "string"]
    return _TYPES[f"{dtype.kind}{8 * dtype.itemsize}"]


def input_type(port: ov.Output) -> ElementType:
    """The type of an input. Raises SetupError where no values can be made for it."""
    name = port.element_type.get_type_name()
    found = _TYPES.get(name)
    if found is None:
        what = f"the input {port_name(port)} {port_shape(port)} has the element type {name}, which ovtui cannot fill"
        if name in _RUN_AS_F32:
            named = shlex.quote(f"{quoted(spelled_name(port))}:f32")
            raise SetupError(f"{what}; --input-precision {named} gives it f32, which is converted inside the model")
        raise SetupError(f"{what}; convert the model to one whose input is f32, f16, i32, u8 or another common type")
    return found


def file_type(port: ov.Output) -> ElementType:
    """The type whose values a file holds for an input: u1 for one that `feed_u1_as_boolean` changed."""
    return _TYPES["u1"] if was_u1(port) else input_type(port)


def was_u1(port: ov.Output) -> bool:
    # --input-precision may have given it another type since.
    return port.element_type == ov.Type.boolean and _U1_INPUT in port.get_node().rt_info


def check_input_types(model: ov.Model) -> None:
    """Raises SetupError where an input has a type that cannot be filled."""
    for port in model.inputs:
        input_type(port)


def string_inputs(model: ov.Model | ov.CompiledModel) -> list[int]:
    return [index for index, port in enumerate(model.inputs) if port.element_type == ov.Type.string]


def feed_u1_as_boolean(model: ov.Model) -> None:
    """Makes booleans of the inputs of type u1, in place: neither the CPU nor a GPU takes an input of u1, and on the CPU
    a conversion to u1 inside the model corrupts the memory. Raises SetupError where an operation wants u1."""
    inputs = [node for node in model.get_parameters() if node.get_element_type() == ov.Type.u1]
    for node in inputs:
        node.set_element_type(ov.Type.boolean)
        node.rt_info[_U1_INPUT] = True
    try:
        if inputs:
            model.validate_nodes_and_infer_types()
    except RuntimeError:
        names = ", ".join(port_name(node.output(0)) for node in inputs)
        raise SetupError(
            f"the input {names} has the element type u1, of which OpenVINO's devices take no input, and the model's "
            "operations take no boolean in its place; convert the model to one whose input is u8"
        ) from None


def u1_note(model: ov.Model | ov.CompiledModel) -> str:
    """That u1 inputs are booleans here; empty where there is none."""
    names = ", ".join(port_name(port) for port in model.inputs if was_u1(port))
    return f"input {names}: u1 runs as boolean, as OpenVINO's devices take no input of u1" if names else ""


def split_bytes_notes(model: ov.Model | ov.CompiledModel, may_batch: bool) -> list[str]:
    """A note on the inputs of which a batch mixes up the values: OpenVINO cuts a batch's buffer at whole bytes, and a
    request's part of a packed type is none. On BATCH:CPU(4) with i4 [1,5] 6 of 8 requests got other values."""
    names = [
        f"{port_name(port)} {port_shape(port)} {port.element_type.get_type_name()}"
        for port in model.inputs
        if port.partial_shape.is_static and port.element_type.bitwidth * int(np.prod(list(port.shape))) % 8
    ]
    text = f"OpenVINO mixes up the values of {', '.join(names)} in a batch: those of one request are no whole bytes"
    return [text] if may_batch and names else []


def convert(values: Array, to: ElementType) -> Array:
    """The values in the type's `dtype`. A float may lose digits; where a value would become another one, or infinite,
    or no number, raises ValueError with the value, as the beginning of a sentence: 'the value 300'."""
    if to.name == "bf16" and values.dtype.str[1:] == "V2" and values.dtype.names is None:
        values = values.view(to.dtype)  # what numpy reads of a bfloat16 array that was saved
    if to.family == "string":
        if values.dtype.kind not in "US":
            raise ValueError(f"its type {values.dtype.name}")
        if values.dtype.kind == "S":
            try:
                np.char.decode(values, "utf-8")
            except UnicodeDecodeError as error:
                raise ValueError(
                    f"the text {in_quotes(error.object.decode(errors='surrogateescape'))}, which is not UTF-8,"
                ) from None
        return values
    if values.dtype == to.dtype and to.bits >= 8:
        return values
    if values.dtype.kind not in "fiub" and values.dtype != to.dtype:
        raise ValueError(f"its type {values.dtype.name}")
    if to.family == "float":
        with np.errstate(all="ignore"):
            converted = values.astype(to.dtype)
        wrong = (np.isfinite(values) != np.isfinite(converted)) | (np.isnan(values) != np.isnan(converted))
    else:
        wrong = _outside(values, to)
        converted = values.astype(to.dtype) if not wrong.any() else values
    if wrong.any():
        raise ValueError(f"the value {values[wrong][0]}")
    return converted


def _outside(values: Array, to: ElementType) -> Array:
    """Which values are no integers of the type."""
    if values.dtype.kind == "b":
        return np.zeros(values.shape, bool)
    if values.dtype.kind in "iu":
        return np.asarray((values < to.low) | (values > to.high))
    wide = values.astype(np.float64, copy=False) if values.dtype.itemsize < 8 else values
    return np.asarray((wide != np.rint(wide)) | (wide < to.low) | (wide >= float(to.high + 1)))


def tensor_of(values: Array, kind: ElementType) -> ov.Tensor:
    """A tensor of the values, which are in the type's `dtype`. It may share their memory, and keeps it alive."""
    if kind.family == "string":
        return ov.Tensor(values)
    storage = np.ascontiguousarray(values)
    if kind.bits < 8:
        storage = _packed(storage.reshape(-1), kind)
    elif not kind.is_numpys:
        storage = storage.view(np.dtype(f"u{kind.bits // 8}"))
    return ov.Tensor(storage, ov.Shape(values.shape), getattr(ov.Type, kind.name))


def _packed(values: Array, kind: ElementType) -> Array:
    """The bytes of u1, i4 or u4: the first of eight bits is the highest of its byte, the first of two halves the
    lower. What is left of the last byte is 0."""
    if kind.bits == 1:
        return np.packbits(values.astype(bool))
    halves = np.zeros(2 * kind.bytes_of(values.size), np.uint8)
    halves[: values.size] = values.view(np.uint8) & 0xF
    return halves[::2] | halves[1::2] << 4


def values_of_bytes(data: bytes | memoryview, count: int, kind: ElementType) -> Array:
    """The values of the tensors of `count` elements whose bytes `data` holds, one after another: [tensors, count].
    `data` is whole tensors of a type that is no string."""
    rows = np.frombuffer(data, np.uint8).reshape(-1, kind.bytes_of(count))
    if kind.bits == 1:
        return np.unpackbits(rows, axis=1)[:, :count]
    if kind.bits == 4:
        halves = np.stack([rows & 0xF, rows >> 4], axis=2).reshape(len(rows), -1)[:, :count]
        signed: Array = (halves ^ 8).astype(np.int8) - np.int8(8)
        return signed if kind.low else halves
    if kind.family == "boolean":
        return np.asarray(rows != 0)
    values: Array = rows.view(kind.dtype)
    return values


def random_values(rng: np.random.Generator, shape: tuple[int, ...], kind: ElementType) -> Array:
    """Floats in [0, 1), rounded; bytes in [0, 255]; other integers and booleans 0 or 1, which are valid indices of any
    lookup table; strings of one to three words of lower-case letters."""
    if kind.family == "float":
        return rng.random(shape, np.float32).astype(kind.dtype)
    if kind.name == "u8":
        return rng.integers(0, 256, shape, np.uint8)
    if kind.family == "string":
        count = int(np.prod(shape, dtype=np.int64))
        return np.array([_random_text(rng) for _ in range(count)], np.str_).reshape(shape)
    return rng.integers(0, 2, shape).astype(kind.dtype)


def _random_text(rng: np.random.Generator) -> str:
    lengths = rng.integers(2, 9, rng.integers(1, MAX_RANDOM_WORDS + 1))
    return " ".join(bytes(rng.integers(97, 123, length, np.uint8)).decode() for length in lengths)
