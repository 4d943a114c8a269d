"""Input data: what is read from files, and how texts find the inputs they are for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as op
from PIL import Image

from ovtui.engine.errors import Unusable
from ovtui.engine.input_files import InputPort, load
from ovtui.engine.inputs import inputs_for
from ovtui.engine.ports import lists_by_port, values_by_port
from ovtui.settings.fields import convert

F32, U8 = np.dtype("f4"), np.dtype("u1")


def two_inputs() -> ov.Model:
    image = op.parameter([1, 3, 4, 6], np.float32, name="image")
    image.output(0).set_names({"image"})
    mask = op.parameter([1, 2], np.float32, name="mask")
    mask.output(0).set_names({"mask"})
    return ov.Model([op.result(op.relu(image)), op.result(op.relu(mask))], [image, mask], "two")


def picture(path: Path, colour: tuple[int, int, int], size: tuple[int, int] = (30, 20)) -> Path:
    Image.new("RGB", size, colour).save(path)
    return path


def test_an_image_is_resized_and_laid_out(tmp_path: Path) -> None:
    path = picture(tmp_path / "red.png", (200, 100, 50))
    (planar,) = load(path, InputPort("image", (1, 3, 4, 6), F32, "NCHW"))
    assert planar.shape == (1, 3, 4, 6)
    assert planar[0, :, 0, 0].tolist() == [200, 100, 50]
    (packed,) = load(path, InputPort("image", (1, 4, 6, 3), U8))
    assert packed.dtype == U8
    assert packed[0, 3, 5].tolist() == [200, 100, 50]


def test_mean_and_scale_are_by_channel(tmp_path: Path) -> None:
    port = InputPort("image", (1, 3, 4, 6), F32, "NCHW", mean=(100, 100, 50), scale=(50, 1, 10))
    (found,) = load(picture(tmp_path / "a.png", (200, 100, 50)), port)
    assert found[0, :, 2, 2].tolist() == [2, 0, 0]


def test_a_folder_is_cycled_in_order_and_fills_batches(tmp_path: Path) -> None:
    for number in range(3):
        picture(tmp_path / f"{number}.png", (number * 10, 0, 0))
    single = load(tmp_path, InputPort("image", (1, 3, 4, 6), F32))
    assert [item[0, 0, 0, 0] for item in single] == [0, 10, 20]
    pairs = load(tmp_path, InputPort("image", (2, 3, 4, 6), F32))
    assert [item[:, 0, 0, 0].tolist() for item in pairs] == [[0, 10], [20, 0]]


def test_arrays_and_raw_bytes(tmp_path: Path) -> None:
    port = InputPort("mask", (1, 2), F32)
    values = np.arange(6, dtype="f4").reshape(3, 1, 2)
    np.save(tmp_path / "three.npy", values)
    np.save(tmp_path / "rows.npy", values.reshape(3, 2))
    np.savez(tmp_path / "named.npz", mask=values[1], other=np.zeros(9))
    values.tofile(tmp_path / "raw.bin")
    for name in ("three.npy", "rows.npy", "raw.bin"):
        assert np.array_equal(load(tmp_path / name, port), values)
    assert np.array_equal(load(tmp_path / "named.npz", port), values[1:2])


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("x.npy", b"garbage", "cannot be read"),
        ("x.bin", b"abc", "no multiple"),
        ("x.png", b"garbage", "cannot be read"),
        ("x.txt", b"hello", "not an image"),
    ],
)
def test_what_cannot_be_read_is_said_in_one_line(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(Unusable, match=words) as caught:
        load(tmp_path / name, InputPort("x", (1, 3, 4, 6), F32, "NCHW"))
    assert "\n" not in str(caught.value)


def test_a_wrong_shape_names_both(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.zeros((5, 7)))
    with pytest.raises(Unusable, match=r"\[5,7\] does not fit the input mask \[1,2\]"):
        load(tmp_path / "x.npy", InputPort("mask", (1, 2), F32))


def test_pickles_are_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(Unusable, match="cannot be read"):
        load(tmp_path / "x.npy", InputPort("mask", (1, 2), F32))


def test_values_find_their_inputs() -> None:
    model = two_inputs()
    assert values_by_port("a/b.png", model, "--input") == {0: "a/b.png"}
    assert values_by_port("mask:m.npy,image:i.png", model, "--input") == {1: "m.npy", 0: "i.png"}
    assert values_by_port("image[NHWC]", model, "--layout") == {0: "NHWC"}
    assert lists_by_port("image[1,3][2,3],mask[4]", model, "--x") == {0: ["1,3", "2,3"], 1: ["4"]}
    with pytest.raises(Unusable, match="no input 'nose'"):
        lists_by_port("nose[1]", model, "--x")


def test_random_inputs_are_seeded_and_preset() -> None:
    model = two_inputs()
    first, again, other = (inputs_for(convert({"seed": seed}), model) for seed in (1, 1, 2))
    assert not first.cycled
    compiled = ov.Core().compile_model(model, "CPU")
    tensors = []
    for inputs in (first, again, other):
        request = compiled.create_infer_request()
        inputs.preset(request, 0)
        tensors.append(request.get_input_tensor(0).data.copy())
    assert np.array_equal(tensors[0], tensors[1])
    assert not np.array_equal(tensors[0], tensors[2])


def test_data_shapes_are_cycled() -> None:
    image = op.parameter(ov.PartialShape([1, 3, -1, -1]), np.float32, name="image")
    image.output(0).set_names({"image"})
    model = ov.Model([op.result(op.relu(image))], [image], "dynamic")
    inputs = inputs_for(convert({"data_shape": "[1,3,8,8][1,3,16,16]"}), model)
    assert inputs.cycled
    request = ov.Core().compile_model(model, "CPU").create_infer_request()
    shapes = []
    for _ in range(3):
        inputs.advance(request)
        request.infer()
        shapes.append(list(request.get_output_tensor(0).shape))
    assert shapes == [[1, 3, 8, 8], [1, 3, 16, 16], [1, 3, 8, 8]]
    with pytest.raises(Unusable, match=r"\[1,4,8,8\] does not fit"):
        inputs_for(convert({"data_shape": "[1,4,8,8]"}), model)
