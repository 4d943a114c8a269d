"""What a model gets of each element type, by models that return it; and how values become bytes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import openvino as ov
import pytest
from harness.typed_models import CONVERTED, FOUND_IN_NUMPY, echo, texts
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from openvino import opset15 as op

from ovtui.engine.errors import SetupError, UsageError
from ovtui.engine.model import input_files
from ovtui.engine.model.element_types import (
    TYPE_NAMES,
    convert,
    feed_u1_as_boolean,
    named_type,
    split_bytes_notes,
    tensor_of,
    values_of_bytes,
)
from ovtui.engine.model.inputs import Inputs, inputs_for
from ovtui.engine.model.read_model import read_model
from ovtui.settings.changes import convert as settings_of

NUMBERS = FOUND_IN_NUMPY + CONVERTED
CORE = ov.Core()
VALUES: dict[str, list[float]] = {
    "bf16": [0, -1.5, 2.0**127, 2**-120, 0.10009765625, np.inf, 258],
    "f8e4m3": [0, -1.5, 448, 2**-9, 0.1015625, np.nan, 13],
    "f8e5m2": [0, -1.5, 57344, 2**-16, 0.09375, -np.inf, 14],
    "f16": [0, -1.5, 65504, 2**-24, 0.0999755859375, np.inf, 3],
    "i4": [-8, 7, -1, 0, 1, 3, -4],
    "u4": [15, 0, 8, 1, 7, 9, 2],
    "boolean": [1, 0, 0, 1, 1, 1, 0],
    "u1": [1, 0, 0, 1, 1, 1, 0],
}
"""Seven of each: an odd number, so that a byte of a packed type is left half full."""


def values_of(kind: str) -> np.ndarray[Any, Any]:
    if kind in VALUES:
        return np.array([VALUES[kind]], np.float64)
    dtype = named_type(kind).dtype
    if kind[0] == "f":
        return np.array([[0, -1.5, 3e38, 1e-30, 0.1, np.inf, np.nan]]).astype(dtype)
    limits = np.iinfo(dtype)
    return np.array([[limits.min, limits.max, 0, 1, limits.max - 1, 3, 100]], dtype)


def model_of(kind: str, shape: list[int]) -> ov.Model:
    model = echo(kind, shape)
    feed_u1_as_boolean(model)
    return model


def given_to(model: ov.Model, inputs: Inputs, count: int, own: bool, device: str = "CPU") -> list[Any]:
    """What `count` requests of the model return."""
    inputs.own_tensors = own
    compiled = CORE.compile_model(model, device)
    requests = [compiled.create_infer_request() for _ in range(count)]
    for number, request in enumerate(requests):
        inputs.fill_new(request, number)
        if inputs.cycled:
            inputs.fill_next(request)
        assert request.get_input_tensor(0).element_type == model.inputs[0].element_type
    for request in requests:
        request.start_async()
    for request in requests:
        request.wait()
    if model.inputs[0].element_type == ov.Type.string:
        return [texts(request) for request in requests]
    return [request.get_output_tensor(0).data.copy() for request in requests]


@pytest.mark.parametrize("own", [True, False])
@pytest.mark.parametrize("kind", NUMBERS)
def test_the_values_of_a_file_arrive(tmp_path: Path, kind: str, own: bool) -> None:
    values, model = values_of(kind), model_of(kind, [1, 7])
    np.save(tmp_path / "x.npy", values)
    np.savez(tmp_path / "x.npz", x=values)
    held = named_type(kind)
    (tmp_path / "x.bin").write_bytes(bytes(tensor_of(convert(values, held), held).data.view(np.uint8)))
    assert (tmp_path / "x.bin").stat().st_size == -(-7 * held.bits // 8)
    for name in ("x.npy", "x.npz", "x.bin"):
        (got,) = given_to(model, inputs_for(settings_of({"input": str(tmp_path / name)}), model), 1, own)
        assert np.array_equal(got, values, equal_nan=named_type(kind).family == "float"), name


@pytest.mark.parametrize("kind", NUMBERS)
def test_random_values_are_sensible_numbers(kind: str) -> None:
    model = model_of(kind, [1, 63])
    first, second, *_ = given_to(model, inputs_for(settings_of({}), model), 8, True)
    assert np.isfinite(first).all()
    assert first.min() >= 0
    assert first.max() <= (255 if kind == "u8" else 1)
    assert first.any()
    assert not np.array_equal(first, second)
    if named_type(kind).family == "float":
        assert len(np.unique(first)) > 10


@pytest.mark.parametrize("kind", ["i4", "u4", "f8e4m3", "bf16", "boolean", "u1"])
def test_items_of_a_batch_device_are_not_mixed_up(tmp_path: Path, kind: str) -> None:
    values = np.stack([np.roll(values_of(kind)[:, :6], turn, 1) for turn in range(4)])
    values[~np.isfinite(values)] = 0
    np.save(tmp_path / "x.npy", values)
    model = model_of(kind, [1, 6])
    inputs = inputs_for(settings_of({"input": str(tmp_path / "x.npy")}), model)
    assert np.array_equal(given_to(model, inputs, 4, False, "BATCH:CPU(4)"), values)


@pytest.mark.parametrize(
    ("kind", "values", "wrong"),
    [
        ("u4", np.array([[3, 16]]), "16"),
        ("i4", np.array([[-9, 3]]), "-9"),
        ("u1", np.array([[1, 2]]), "2"),
        ("boolean", np.array([[0.5, 1]]), "0.5"),
        ("f8e4m3", np.array([[448, 465]]), "465"),
        ("f8e4m3", np.array([[1, np.inf]]), "inf"),
        ("f8e5m2", np.array([[1, 65000.0]]), "65000.0"),
        ("bf16", np.array([[1e39, 1]]), "1e+39"),
        ("u64", np.array([[2.0**64, 1]]), "1.8446744073709552e+19"),
        ("i64", np.array([[2**63, 1]], np.uint64), "9223372036854775808"),
    ],
)
def test_a_value_that_the_type_cannot_hold_is_named(tmp_path: Path, kind: str, values: Any, wrong: str) -> None:
    np.save(tmp_path / "x.npy", values)
    with pytest.raises(UsageError) as caught:
        inputs_for(settings_of({"input": str(tmp_path / "x.npy")}), model_of(kind, [1, 2]))
    assert f"the value {wrong} does not fit the input x [1,2] {kind};" in str(caught.value)


def test_other_types_are_refused_with_what_to_do(tmp_path: Path) -> None:
    advice = {"nf4": True, "u2": True, "f4e2m1": True, "f8e8m0": True, "u3": False, "u6": False}
    known = {name for name in dir(ov.Type) if isinstance(getattr(ov.Type, name), ov.Type)}
    assert known == {*TYPE_NAMES, *advice, "dynamic"}
    for kind, runs_as_f32 in advice.items():
        x = op.parameter([1, 8], getattr(ov.Type, kind), name="x")
        x.output(0).set_names({"x"})
        ov.save_model(ov.Model([op.result(op.convert(x, np.float32))], [x], kind), tmp_path / "m.xml")
        with pytest.raises(SetupError) as caught:
            read_model(CORE, settings_of({"model": str(tmp_path / "m.xml")}))
        assert f"the input x [1,8] has the element type {kind}, which ovtui cannot fill; " in str(caught.value)
        assert ("--input-precision x:f32 " in str(caught.value)) == runs_as_f32
        if runs_as_f32:
            settings = settings_of({"model": str(tmp_path / "m.xml"), "input_precision": "x:f32"})
            model = read_model(CORE, settings)
            (got,) = given_to(model, inputs_for(settings, model), 1, True)
            assert np.isfinite(got).all()


@pytest.mark.parametrize("precision", ["default", "x:u1", "u8", "f32"])
def test_u1_runs_as_boolean_and_says_so(tmp_path: Path, precision: str) -> None:
    ov.save_model(echo("u1", [1, 9]), tmp_path / "m.xml")
    np.save(tmp_path / "x.npy", np.array([[1, 0, 0, 1, 1, 1, 0, 0, 1]]))
    settings = settings_of(
        {"model": str(tmp_path / "m.xml"), "input": str(tmp_path / "x.npy"), "input_precision": precision}
    )
    model = read_model(CORE, settings)
    inputs = inputs_for(settings, model)
    assert given_to(model, inputs, 1, True)[0].tolist() == [[1, 0, 0, 1, 1, 1, 0, 0, 1]]
    told = [("info", "input x: u1 runs as boolean, as OpenVINO's devices take no input of u1")]
    assert inputs.notes == (told if precision in ("default", "x:u1") else [])


def test_what_ml_dtypes_saves(tmp_path: Path) -> None:
    """numpy reads bfloat16 as bytes of width 2, which nothing else is; of one byte it does not tell what they mean."""
    numbers = np.array([[1.5, -3]])
    np.save(tmp_path / "bf16.npy", numbers.astype(ml_dtypes.bfloat16))
    model = model_of("bf16", [1, 2])
    (got,) = given_to(model, inputs_for(settings_of({"input": str(tmp_path / "bf16.npy")}), model), 1, True)
    assert got.tolist() == [[1.5, -3]]
    for kind, text in (
        ("float8_e4m3fn", "its type void8 does not fit the input x .1,2. f8e4m3; save it as float32"),
        ("float8_e5m2", "numpy does not know the type of its elements; save it as float32"),
    ):
        np.save(tmp_path / "f8.npy", numbers.astype(getattr(ml_dtypes, kind)))
        with pytest.raises(UsageError, match=text):
            inputs_for(settings_of({"input": str(tmp_path / "f8.npy")}), model_of("f8e4m3", [1, 2]))


@pytest.mark.parametrize(("kind", "white"), [("bf16", 255), ("f8e4m3", 256), ("f8e5m2", 256), ("u16", 255)])
def test_a_picture_fills_every_type_that_holds_it(tmp_path: Path, kind: str, white: float) -> None:
    from PIL import Image

    Image.new("RGB", (4, 4), (255, 0, 1)).save(tmp_path / "x.png")
    model = model_of(kind, [1, 3, 4, 4])
    (got,) = given_to(model, inputs_for(settings_of({"input": str(tmp_path / "x.png")}), model), 1, True)
    assert got[0, :, 2, 2].tolist() == [white, 0, 1]


@given(hnp.arrays(np.float32, st.integers(1, 9), elements=st.floats(width=32)))
def test_floats_are_rounded_to_the_nearest(values: np.ndarray[Any, Any]) -> None:
    """Against the rule itself: of all numbers of the type none is nearer."""
    for kind in ("bf16", "f8e4m3", "f8e5m2"):
        held = named_type(kind)
        with np.errstate(invalid="ignore"):
            every = np.arange(1 << held.bits, dtype=f"u{held.bits // 8}").view(held.dtype).astype(np.float64)
        every = np.sort(every[np.isfinite(every)])
        try:
            got = convert(values, held).astype(np.float64)
        except ValueError:
            lost = np.isfinite(values) & (np.abs(values.astype(np.float64)) > every[-1])
            assert lost.any() or (kind == "f8e4m3" and np.isinf(values).any())
            continue
        assert np.array_equal(np.isnan(got), np.isnan(values))
        for value, found in zip(values.astype(np.float64), got, strict=True):
            if np.isfinite(value):
                at = np.searchsorted(every, value)
                assert abs(found - value) == np.abs(every[max(at - 1, 0) : at + 1] - value).min()


@given(st.sampled_from(["i4", "u4", "u1"]), st.data())
def test_packed_bytes_are_openvinos(kind: str, data: st.DataObject) -> None:
    held = named_type(kind)
    values = data.draw(st.lists(st.integers(held.low, held.high), min_size=1, max_size=19))
    tensor = tensor_of(convert(np.array(values), held), held)
    theirs = op.constant(values, getattr(ov.Type, kind))
    stored = bytes(tensor.data.view(np.uint8))
    assert stored == bytes(theirs.get_data().view(np.uint8))
    assert values_of_bytes(stored * 2, len(values), held).tolist() == [values, values]


_NUMBERS = hnp.arrays(
    st.sampled_from([np.dtype(name) for name in ("f2", "f4", "f8", "i1", "i8", "u1", "u8", "?")]), st.integers(1, 5)
)


@given(_NUMBERS, st.sampled_from([name for name in NUMBERS if named_type(name).family != "float"]))
def test_an_integer_stays_itself_or_is_refused(values: np.ndarray[Any, Any], kind: str) -> None:
    held = named_type(kind)
    exact = [value.item() for value in values]
    fits = all(held.low <= value <= held.high and value == int(value) for value in exact)
    try:
        got = convert(values, held)
    except ValueError:
        assert not fits
    else:
        assert fits
        assert [int(value) for value in got] == [int(value) for value in exact]


def lines_of(tmp_path: Path, content: bytes, shape: list[int], **settings: Any) -> list[list[str]]:
    (tmp_path / "x.txt").write_bytes(content)
    model = echo("string", shape)
    inputs = inputs_for(settings_of({"input": str(tmp_path / "x.txt"), **settings}), model)
    return given_to(model, inputs, len(inputs._items), True)


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_each_line_of_a_text_is_an_item(tmp_path: Path, end: bytes) -> None:
    expected = ["one two", "", "zwölf\u2028Boxkämpfer", "four"]
    content = end.join(line.encode() for line in expected)
    for text in (content, content + end, b"\xef\xbb\xbf" + content):
        assert lines_of(tmp_path, text, [-1]) == [[line] for line in expected]
    assert lines_of(tmp_path, content, [1, 1]) == [[line] for line in expected]
    assert lines_of(tmp_path, content, []) == [[line] for line in expected]


def test_lines_fill_a_batch_up_from_the_front(tmp_path: Path) -> None:
    expected = [["a", "b"], ["c", "a"]]
    assert lines_of(tmp_path, b"a\nb\nc\n", [2]) == expected
    assert lines_of(tmp_path, b"a\nb\nc\n", [-1], data_shape="[2]") == expected
    assert lines_of(tmp_path, b"a\nb\nc\n", [-1, -1]) == [["a"], ["b"], ["c"]]
    assert lines_of(tmp_path, b"a\nb\nc", [-1], data_shape="[1][2]") == [
        ["a"], ["a", "b"], ["b"], ["c", "a"], ["c"], ["a", "b"],
    ]  # fmt: skip


def test_arrays_of_strings(tmp_path: Path) -> None:
    def given_strings(array: np.ndarray[Any, Any], shape: list[int]) -> list[list[str]]:
        np.save(tmp_path / "x.npy", array)
        model = echo("string", shape)
        inputs = inputs_for(settings_of({"input": str(tmp_path / "x.npy")}), model)
        return given_to(model, inputs, len(inputs._items), False)

    three = np.array(["eins", "zwei", "über drei"])
    for array in (three, np.char.encode(three, "utf-8")):
        assert given_strings(array, [-1]) == [["eins"], ["zwei"], ["über drei"]]
        assert given_strings(array, [3]) == [["eins", "zwei", "über drei"]]
    assert given_strings(three.reshape(3, 1), [-1, -1]) == [["eins"], ["zwei"], ["über drei"]]
    assert given_strings(np.array([["a", "b"], ["c", "d"]]), [-1, -1]) == [["a", "b"], ["c", "d"]]
    assert given_strings(np.array("alone"), [-1]) == [["alone"]]
    assert given_strings(three, []) == [["eins"], ["zwei"], ["über drei"]]
    with pytest.raises(UsageError, match=r"the text 'caf\\xe9', which is not UTF-8, does not fit the input x \[\?\]"):
        given_strings(np.array([b"a", b"caf\xe9"]), [-1])
    with pytest.raises(UsageError, match=r"its type int64 does not fit the input x \[\?\] string; give text"):
        given_strings(np.array([1, 2]), [-1])


def test_a_folder_of_texts_and_one_file_of_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.txt").write_text("1\n2\n")
    (tmp_path / "b.txt").write_text("3")
    (tmp_path / "c.png").write_text("no text")
    model = echo("string", [1])
    inputs = inputs_for(settings_of({"input": str(tmp_path)}), model)
    assert given_to(model, inputs, 3, True) == [["1"], ["2"], ["3"]]
    monkeypatch.setattr(input_files, "MAX_LINES", 1)
    inputs = inputs_for(settings_of({"input": str(tmp_path / "a.txt")}), model)
    assert inputs.notes == [("warning", f"--input {tmp_path / 'a.txt'}: the first 1 of 2 lines are used")]


@pytest.mark.parametrize(
    ("name", "content", "text"),
    [
        ("x.txt", b"caf\xe9\n", "byte 4 is not UTF-8; save the text in that encoding"),
        ("x.txt", b"", "it is empty"),
        ("x.txt", b"\xef\xbb\xbf", "it is empty"),
        ("x.bin", b"abc", r"the input x \[\?\] string takes no .bin file; give it a .txt, .npy or .npz file"),
        ("x.png", b"abc", "takes no .png file"),
    ],
)
def test_what_is_no_text_is_refused_in_a_sentence(tmp_path: Path, name: str, content: bytes, text: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UsageError, match=text):
        inputs_for(settings_of({"input": str(tmp_path / name)}), echo("string", [-1]))


def test_random_strings_are_seeded_words_also_of_open_shape() -> None:
    model = echo("string", [-1])
    first, again, other = (
        given_to(model, inputs_for(settings_of({"seed": seed}), model), 8, True) for seed in (1, 1, 2)
    )
    assert first == again != other
    assert all(len(item) == 1 and item[0].replace(" ", "").isalpha() for item in first)
    assert len({item[0] for item in first}) == 8
    note = ("info", "input x [?]: each request has one string; --data-shape gives it more")
    assert inputs_for(settings_of({}), model).notes == [note]
    assert inputs_for(settings_of({"data_shape": "[2]"}), model).notes == []


def test_a_batch_of_split_bytes_is_told(tmp_path: Path) -> None:
    """OpenVINO mixes them up, which this shows; where it no longer does, the note is to go."""
    np.save(tmp_path / "x.npy", np.arange(20).reshape(4, 1, 5) % 7)
    model = model_of("i4", [1, 5])
    inputs = inputs_for(settings_of({"input": str(tmp_path / "x.npy")}), model)
    got = np.array(given_to(model, inputs, 4, False, "BATCH:CPU(4)"))
    assert not np.array_equal(got, np.arange(20).reshape(4, 1, 5) % 7)
    (note,) = split_bytes_notes(model, True)
    assert "the values of x [1,5] i4 in a batch" in note
    assert split_bytes_notes(model, False) == split_bytes_notes(model_of("i4", [1, 6]), True) == []
    assert split_bytes_notes(echo("string", [-1]), True) == []


def test_a_file_fills_the_data_shapes_in_turn(tmp_path: Path) -> None:
    """They were ignored: the values were random."""
    np.save(tmp_path / "x.npy", np.arange(6.0).reshape(2, 1, 3))
    model = echo("f32", [1, -1])
    inputs = inputs_for(settings_of({"input": str(tmp_path / "x.npy"), "data_shape": "[1,3]"}), model)
    assert np.array_equal(given_to(model, inputs, 2, True), [[[0, 1, 2]], [[3, 4, 5]]])


def test_open_strings_beside_another_open_input_need_no_shape() -> None:
    text, number = (
        op.parameter(ov.PartialShape([-1]), ov.Type.string, name="text"),
        op.parameter(ov.PartialShape([1, -1]), np.float32, name="number"),
    )
    for each in (text, number):
        each.output(0).set_names({each.friendly_name})
    outputs = [op.result(op.string_tensor_unpack(text).output(2)), op.result(number)]
    model = ov.Model(outputs, [text, number], "two")
    inputs = inputs_for(settings_of({"data_shape": "number[1,3][1,5]"}), model)
    assert [[list(tensor.shape) for tensor in item] for item in inputs._items] == [[[1], [1, 3]], [[1], [1, 5]]]


@pytest.mark.parametrize(("shape", "runs"), [([-1], "[1]"), ([-1, -1], "[?,?]"), ([2, -1], "[2,?]")])
def test_open_strings_need_no_shape(tmp_path: Path, shape: list[int], runs: str) -> None:
    """A batch alone is closed, as of every input; else the data gives the shape."""
    ov.save_model(echo("string", shape), tmp_path / "m.xml")
    settings = settings_of({"model": str(tmp_path / "m.xml")})
    model = read_model(CORE, settings)
    assert str(model.inputs[0].partial_shape).replace(" ", "") == runs
    assert given_to(model, inputs_for(settings, model), 1, True)[0][0].replace(" ", "").isalpha()


def test_the_last_whole_number_is_the_one_before_the_first_gap() -> None:
    for kind in ("f16", "bf16", "f8e4m3", "f8e5m2", "i4", "u4", "i8", "u8", "i16", "u16"):
        held = named_type(kind)
        whole = np.arange(70_000)
        with np.errstate(all="ignore"):
            kept = whole.astype(held.dtype).astype(np.float64) == whole
        if held.family == "integer":
            kept &= whole <= held.high
        assert held.last_whole == np.argmin(kept) - 1, kind
