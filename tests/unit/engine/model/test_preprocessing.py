"""Types, layout, mean and scale become a part of the model: what a model that returns its input really got."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import openvino as ov
import pytest
from openvino import opset13 as op
from openvino import opset15
from PIL import Image

from ovtui.engine.errors import SetupError, UsageError
from ovtui.engine.model.batch_evidence import full_batch
from ovtui.engine.model.inputs import inputs_for
from ovtui.engine.model.preparations import input_preparations, preparation_notes
from ovtui.engine.model.preprocessing import add_preprocessing, refuse_for_blob
from ovtui.engine.model.read_model import read_model
from ovtui.records.descriptions import InputPreparation, preparation_text
from ovtui.settings.changes import convert
from ovtui.settings.errors import SettingsError

COLOUR = (200, 100, 50)
CORE = ov.Core()
Shape = list[int]
MakeModel = Callable[..., str]


@pytest.fixture
def model_of(tmp_path: Path) -> MakeModel:
    """Saves a model of inputs (name, shape, type) that gives back each as f32, in outputs 'got_NAME'."""

    def make(*inputs: tuple[str, Shape, str], layout: str = "") -> str:
        parameters, results = [], []
        for name, shape, kind in inputs:
            parameter = op.parameter(ov.PartialShape(shape), getattr(ov.Type, kind), name=name)
            parameter.output(0).set_names({name})
            if layout:
                parameter.set_layout(ov.Layout(layout))
            got = op.multiply(op.convert(parameter, np.float32), np.float32(1))
            got.output(0).set_names({f"got_{name}"})
            parameters.append(parameter)
            results.append(op.result(got))
        path = tmp_path / "echo.xml"
        ov.save_model(ov.Model(results, parameters, "echo"), path, compress_to_fp16=False)
        return str(path)

    return make


@pytest.fixture
def picture(tmp_path: Path) -> str:
    path = tmp_path / "colour.png"
    Image.new("RGB", (12, 9), COLOUR).save(path)
    return str(path)


def infer(model: str, requests: int = 1, **given: Any) -> list[dict[str, npt.NDArray[Any]]]:
    """The outputs of requests in turn."""
    settings = convert({"model": model, **given})
    read = read_model(CORE, settings)
    inputs = inputs_for(settings, read)
    request = CORE.compile_model(read, "CPU").create_infer_request()
    found = []
    for number in range(requests):
        if inputs.cycled:
            inputs.fill_next(request)
        else:
            inputs.fill_new(request, number)
        request.infer()
        found.append({port.any_name: request.get_tensor(port.any_name).data.copy() for port in read.outputs})
    return found


def prepared(model: str, **given: Any) -> list[InputPreparation]:
    settings = convert({"model": model, **given})
    read = read_model(CORE, settings)
    return input_preparations(read, settings, inputs_for(settings, read))


def channels(array: npt.NDArray[Any], axis: int) -> list[float]:
    """The one value that each channel has everywhere."""
    by_channel = np.moveaxis(array, axis, 0).reshape(array.shape[axis], -1)
    assert (by_channel.max(1) - by_channel.min(1) < 1e-6).all()
    return [round(float(value), 5) for value in by_channel[:, 0]]


@pytest.mark.parametrize(
    ("layout", "shape"),
    [
        ("NCHW", [1, 3, 8, 8]),
        ("NHWC", [1, 8, 8, 3]),
        ("CHW", [3, 8, 8]),
        ("HWC", [8, 8, 3]),
        ("HWCN", [8, 8, 3, 2]),
        ("NCHW", [3, 3, 8, 8]),
    ],
)
@pytest.mark.parametrize("by", ["--layout", "model"])
@pytest.mark.parametrize(("precision", "color"), [("u8", "rgb"), ("default", "bgr"), ("f16", "bgr"), ("i32", "rgb")])
def test_bytes_less_the_mean_over_the_scale(
    model_of: MakeModel, picture: str, layout: str, shape: Shape, by: str, precision: str, color: str
) -> None:
    """Of u8 all was 0 once: the numbers were applied before the conversion."""
    model = model_of(("image", shape, "f32"), layout=layout if by == "model" else "")
    given = {"layout": layout} if by == "--layout" else {}
    (got,) = infer(
        model,
        **given,
        input=picture,
        input_precision=precision,
        color=color,
        mean_values="[120.5,110.5,100.5]",
        scale_values="[10,20,40]",
    )
    colour = COLOUR if color == "rgb" else COLOUR[::-1]
    wanted = [
        (value - mean) / scale for value, mean, scale in zip(colour, (120.5, 110.5, 100.5), (10, 20, 40), strict=True)
    ]
    assert channels(got["got_image"], layout.index("C")) == pytest.approx(wanted)


def test_mean_and_scale_reach_data_of_every_kind(model_of: MakeModel, tmp_path: Path) -> None:
    values = np.arange(3 * 64, dtype=np.uint8).reshape(1, 3, 8, 8)
    np.save(tmp_path / "x.npy", values)
    values.tofile(tmp_path / "x.bin")
    wanted = (values - np.float32(100.5)) / np.float32([2, 4, 8]).reshape(1, 3, 1, 1)
    model = model_of(("image", [1, 3, 8, 8], "f32"))
    numbers = {"mean_values": "100.5", "scale_values": "[2,4,8]", "input_precision": "u8"}
    for file in ("x.npy", "x.bin"):
        (got,) = infer(model, input=str(tmp_path / file), **numbers)
        assert got["got_image"] == pytest.approx(wanted)
    plain, random = (infer(model, **each)[0]["got_image"] for each in ({"input_precision": "u8"}, numbers))
    assert random == pytest.approx((plain - np.float32(100.5)) / np.float32([2, 4, 8]).reshape(1, 3, 1, 1))


def test_two_inputs_by_name(model_of: MakeModel, picture: str) -> None:
    model = model_of(("image", [1, 3, 8, 8], "f32"), ("depth", [1, 8, 8, 1], "f32"), ("gain", [1, 4], "f32"))
    given = {
        "input": f"image:{picture},depth:{picture}",
        "input_precision": "image:u8,gain:f16",
        "output_precision": "got_gain:f16,got_depth:i32",
        "mean_values": "image[100,90,80],depth[24],gain[3]",
        "scale_values": "depth[50],image[2,2,2]",
        "layout": "image[NCHW],depth[NHWC]",
    }
    (got,) = infer(model, **given)
    assert channels(got["got_image"], 1) == [50, 5, -15]
    assert channels(got["got_depth"], 3) == [2]  # grey is 124
    assert got["got_gain"].dtype == np.float16
    assert (got["got_gain"] <= -2).all()
    types = [(each.tensor_type, each.model_type, each.mean, each.scale) for each in prepared(model, **given)]
    assert types == [("u8", "f32", [100, 90, 80], [2, 2, 2]), ("f32", "f32", [24], [50]), ("f16", "f32", [3], [])]
    read = read_model(CORE, convert({"model": model, **given}))
    assert [port.any_name for port in read.inputs] == ["image", "depth", "gain"]
    assert [port.get_node().friendly_name for port in read.inputs] == ["image", "depth", "gain"]
    assert [port.any_name for port in read.outputs] == ["got_image", "got_depth", "got_gain"]


def test_outputs_keep_their_names() -> None:
    """Of a model that was built, and of ONNX; an IR tells the names a second time."""
    x = op.parameter([1, 3], np.float32, name="x")
    x.output(0).set_names({"x"})
    y = op.relu(x, name="relu")
    y.output(0).set_names({"y", "also_y"})
    model = ov.Model([op.result(y), op.result(x)], [x], "names")
    made = add_preprocessing(model, convert({"input_precision": "u8", "output_precision": "f16"}))
    assert made.outputs[0].names == {"y", "also_y"}
    assert made.inputs[0].names == {"x"}
    request = CORE.compile_model(made, "CPU").create_infer_request()
    assert request.get_tensor("also_y").element_type == ov.Type.f16


def test_what_has_no_name_is_for_pictures_or_for_all(model_of: MakeModel, picture: str) -> None:
    model = model_of(("image", [1, 3, 8, 8], "f32"), ("gain", [1, 4], "f32"))
    for text in ("[10,20,30]", "10,20,30", "[10,20,30],gain[7]"):
        found = prepared(model, input=f"image:{picture}", mean_values=text, layout="NCHW", input_precision="u8")
        assert [each.mean for each in found] == [[10, 20, 30], [7] if "gain" in text else []]
        assert [each.tensor_type for each in found] == ["u8", "u8"]
        assert [each.layout for each in found] == ["NCHW", ""]
    assert prepared(model_of(("audio", [1, 16], "f32")), scale_values="32768")[0].scale == [32768]


def test_an_integer_model_gets_what_stays_whole(model_of: MakeModel, picture: str) -> None:
    model = model_of(("image", [1, 3, 8, 8], "i8"))
    (got,) = infer(model, input=picture, input_precision="u8", mean_values="128")
    assert channels(got["got_image"], 1) == [72, -28, -78]
    for wrong in ({"mean_values": "127.5"}, {"scale_values": "2"}, {"mean_values": "100"}):
        with pytest.raises(UsageError, match=r"of the model is i8, and values of u8 do not all stay whole numbers"):
            read_model(CORE, convert({"model": model, "input_precision": "u8", **wrong}))


def test_pictures_follow_the_data_shapes(model_of: MakeModel, tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(3):
        Image.new("RGB", (12, 9), (number * 10, 0, 0)).save(folder / f"{number}.png")
    model = model_of(("image", [1, 3, -1, -1], "f32"))
    shapes = {"data_shape": "[1,3,8,8][1,3,4,6]", "input": str(folder), "mean_values": "[1,2,3]"}
    got = [each["got_image"] for each in infer(model, requests=6, **shapes)]
    assert [array.shape for array in got] == [(1, 3, 8, 8), (1, 3, 4, 6)] * 3
    assert [channels(array, 1) for array in got] == [[value - 1, -2, -3] for value in (0, 0, 10, 10, 20, 20)]
    settings = convert({"model": model, **shapes})
    read = read_model(CORE, settings)
    inputs, request = inputs_for(settings, read), CORE.compile_model(read, "CPU").create_infer_request()
    recorded = []
    for _ in range(6):
        inputs.fill_next(request)
        recorded.append(inputs.data_shape)
    assert recorded == [0, 1] * 3
    (told,) = prepared(model, **shapes)
    assert told.resized_to == [(8, 8), (6, 4)]
    (got_once,) = infer(model, shape="[2,3,4,6]", input=str(folder), mean_values="[1,2,3]")
    assert got_once["got_image"][:, 0, 0, 0].tolist() == [-1, 9]


@pytest.mark.parametrize("numbers", ["[1,2,3]", "1"])
@pytest.mark.parametrize("layout", ["", "NCHW"])
def test_batches_stay(model_of: MakeModel, numbers: str, layout: str) -> None:
    model = model_of(("image", [1, 3, 8, 8], "f32"))
    given = {"model": model, "input_precision": "u8", "mean_values": numbers, "scale_values": numbers, "layout": layout}
    batched = CORE.compile_model(read_model(CORE, convert(given)), "BATCH:CPU(4)")
    assert full_batch(batched) == 4
    assert list(read_model(CORE, convert({**given, "batch_size": 5})).inputs[0].shape) == [5, 3, 8, 8]


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"mean_values": "image[1,2]"}, r"--mean-values: 2 numbers, and the input image \[1,3,8,8\] has 3 channels"),
        (
            {"mean_values": "image[1,2,3]", "scale_values": "image[1,2]"},
            "--scale-values: 2 numbers, and the input image",
        ),
        ({"mean_values": "[a]"}, "--mean-values 'a': write numbers"),
        ({"mean_values": "[]"}, "--mean-values '': write numbers"),
        ({"mean_values": "[,5]"}, "--mean-values ',5': write numbers"),
        ({"mean_values": "[1,2,3][4,5,6]"}, r"--mean-values: \[1,2,3\]\[4,5,6\] stand side by side"),
        ({"layout": "image[NCHW][NHWC]"}, r"--layout: \[NCHW\]\[NHWC\] stand side by side"),
        ({"mean_values": "image[nan]"}, "--mean-values 'nan': each number must be a finite f32"),
        ({"scale_values": "image[1,inf,1]"}, "--scale-values '1,inf,1': each number must be"),
        ({"mean_values": "1e39"}, "finite f32"),
        ({"scale_values": "[1,0,1]"}, "cannot be divided by 0"),
        ({"scale_values": "1e-60"}, "cannot be divided by 0"),
        ({"mean_values": "nose[1]"}, "no input 'nose'"),
        ({"mean_values": "gain[1,2,3,4]"}, r"4 numbers for the input gain \[1,4\], which does not tell its channels"),
        ({"mean_values": "gain[1,2,3,4]", "layout": "gain[NT]"}, r"whose layout NT has no channels \(C\)"),
        ({"mean_values": "text[1]"}, "the input text is string, which has no mean"),
        ({"layout": "[HW]", "mean_values": "gain[1,2]"}, "whose layout HW has no channels"),
        ({"layout": "NCDHW"}, r"--layout NCDHW: .* no input has as many: image \[1,3,8,8\]"),
        ({"layout": "image[HW]"}, "does not fit the input image .*: write a letter for each of 4 dimensions"),
        ({"layout": "NCHH"}, "--layout: 'NCHH' is no layout; write a letter for each dimension, each once"),
        ({"layout": "N%HW"}, "is no layout"),
        ({"input_precision": "image:u9"}, "--input-precision: 'u9' for the input image is not one of f32, f16"),
        ({"input_precision": "nose:u8"}, "--input-precision.* no input 'nose'"),
        ({"output_precision": "nose:u8"}, "--output-precision: the model has no output 'nose'.* output.* got_image"),
        ({"input_precision": "u8"}, "the input text is string, which nothing converts; write .* image:u8,gain:u8"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_sentence(
    tmp_path: Path, model_of: MakeModel, given: dict[str, str], text: str
) -> None:
    image, gain = (
        op.parameter(shape, np.float32, name=name) for name, shape in (("image", [1, 3, 8, 8]), ("gain", [1, 4]))
    )
    words = op.parameter([1], ov.Type.string, name="text")
    results = []
    for node in (image, gain, words):
        node.output(0).set_names({node.get_friendly_name()})
        shown = op.relu(node) if node is not words else opset15.string_tensor_unpack(words)
        shown.output(0).set_names({f"got_{node.get_friendly_name()}"})
        results.append(op.result(shown.output(0)))
    ov.save_model(ov.Model(results, [image, gain, words], "three"), tmp_path / "three.xml")
    with pytest.raises(SetupError, match=text) as caught:
        read_model(CORE, convert({"model": str(tmp_path / "three.xml"), **given}))
    assert isinstance(caught.value, UsageError)
    assert "\n" not in str(caught.value)


def test_open_channels_want_one_number(model_of: MakeModel) -> None:
    given = {"model": model_of(("x", [1, -1, 8, 8], "f32")), "data_shape": "[1,3,8,8]", "layout": "NCHW"}
    with pytest.raises(UsageError, match="leaves the number of channels open: give it with --shape"):
        read_model(CORE, convert({**given, "mean_values": "[1,2,3]"}))
    assert infer(**given, mean_values="-5")[0]["got_x"].min() >= 5


def test_several_inputs_of_which_none_is_a_picture(model_of: MakeModel) -> None:
    model = model_of(("a", [1, 7], "f32"), ("b", [1, 128, 3], "f32"))
    with pytest.raises(UsageError, match=r"no input .* looks like a picture; .* --mean-values 'a\[127.5\]'"):
        read_model(CORE, convert({"model": model, "mean_values": "1"}))


def test_a_blob_takes_no_preprocessing() -> None:
    refuse_for_blob(convert({"layout": "NCHW", "color": "bgr"}))
    for name, flag in (("mean_values", "--mean-values"), ("scale_values", "--scale-values")):
        with pytest.raises(UsageError, match=f"{flag}: this cannot become a part of a compiled model"):
            refuse_for_blob(convert({name: "1"}))
    with pytest.raises(UsageError, match=r"--input-precision and --output-precision"):
        refuse_for_blob(convert({"input_precision": "u8", "output_precision": "y:f16"}))


def test_what_an_input_becomes_is_told(model_of: MakeModel, picture: str) -> None:
    model = model_of(("image", [1, 3, 8, 8], "f32"), ("gain", [1, 4], "f32"))
    plain = prepared(model)
    assert [preparation_text(each) for each in plain] == ["random values, f32"] * 2
    assert not list(preparation_notes(plain))
    given = {"input": f"image:{picture}", "input_precision": "u8", "mean_values": "[1,2.5,3]", "scale_values": "255"}
    image, gain = (preparation_text(each) for each in prepared(model, **given))
    assert image == ("colour.png 12x9 → 8x8 rgb, NCHW (guessed), u8; in the model: to f32, minus 1 2.5 3, over 255")
    assert gain == "random values, u8; in the model: to f32"
    (own,) = prepared(model_of(("image", [1, 9, 12, 3], "u8"), layout="NHWC"), input=picture, color="bgr")
    assert preparation_text(own) == "colour.png 12x9 bgr, NHWC (by the model), u8"
    (given_one,) = prepared(model_of(("image", [1, 9, 12, 3], "u8"), layout="NHWC"), layout="NHWC")
    assert (given_one.layout, given_one.layout_from) == ("NHWC", "given")


@pytest.mark.parametrize(
    ("own", "given", "text"),
    [
        ("i8", "u8", "values of u8 that i8 does not hold become other values"),
        ("i64", "f32", "i64 cuts off the fractions of f32"),
        ("boolean", "f16", "all values but 0 become true"),
        ("i32", "u8", ""),
        ("i64", "i32", ""),
        ("f16", "i32", ""),
        ("u8", "boolean", ""),
    ],
)
def test_what_a_conversion_loses_is_a_warning(model_of: MakeModel, own: str, given: str, text: str) -> None:
    found = prepared(model_of(("x", [1, 4], own)), input_precision=given)
    assert [each.loses for each in found] == [text]
    warnings = [note for severity, note in preparation_notes(found) if severity == "warning"]
    assert warnings == ([f"input x: in the model {text}"] if text else [])


def test_types_of_the_settings() -> None:
    assert convert({"input_precision": " U8 "}).input_precision == "u8"
    assert convert({"output_precision": "bool"}).output_precision == "boolean"
    assert convert({"input_precision": "image:u8, mask:f32"}).input_precision == "image:u8, mask:f32"
    with pytest.raises(SettingsError, match=r"input type: 'u9' is not one of f32, f16, .* or types by name"):
        convert({"input_precision": "u9"})
