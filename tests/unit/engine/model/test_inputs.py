"""Input data from files, and option values by input."""

from __future__ import annotations

import io
import os
import struct
import zlib
from pathlib import Path

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as op
from PIL import Image

from ovtui.engine.errors import UsageError
from ovtui.engine.model import input_files
from ovtui.engine.model.input_files import InputPort, load_all, load_items
from ovtui.engine.model.inputs import inputs_for
from ovtui.settings.changes import convert

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
    (planar,) = load_items(path, InputPort("image", (1, 3, 4, 6), F32, "NCHW"))
    assert planar.shape == (1, 3, 4, 6)
    assert planar[0, :, 0, 0].tolist() == [200, 100, 50]
    (packed,) = load_items(path, InputPort("image", (1, 4, 6, 3), U8))
    assert packed.dtype == U8
    assert packed[0, 3, 5].tolist() == [200, 100, 50]


def test_a_folder_is_cycled_in_order_and_fills_batches(tmp_path: Path) -> None:
    for number in range(3):
        picture(tmp_path / f"{number}.png", (number * 10, 0, 0))
    (tmp_path / "._0.png").write_bytes(b"what a Mac leaves beside a picture")
    (tmp_path / "folder.png").mkdir()
    single = load_items(tmp_path, InputPort("image", (1, 3, 4, 6), F32))
    assert [item[0, 0, 0, 0] for item in single] == [0, 10, 20]
    pairs = load_items(tmp_path, InputPort("image", (2, 3, 4, 6), F32))
    assert [item[:, 0, 0, 0].tolist() for item in pairs] == [[0, 10], [20, 0]]


def test_arrays_and_raw_bytes(tmp_path: Path) -> None:
    port = InputPort("mask", (1, 2), F32)
    values = np.arange(6, dtype="f4").reshape(3, 1, 2)
    np.save(tmp_path / "three.npy", values)
    np.save(tmp_path / "rows.npy", values.reshape(3, 2))
    np.savez(tmp_path / "named.npz", mask=values[1], other=np.zeros(9))
    values.tofile(tmp_path / "raw.bin")
    for name in ("three.npy", "rows.npy", "raw.bin"):
        assert np.array_equal(load_items(tmp_path / name, port), values)
    assert np.array_equal(load_items(tmp_path / "named.npz", port), values[1:2])


def numpy_file(*arrays: np.ndarray, **named: np.ndarray) -> bytes:
    file = io.BytesIO()
    if named or not arrays:
        np.savez(file, **named)
    else:
        np.save(file, arrays[0], allow_pickle=True)
    return file.getvalue()


def image_file(form: str) -> bytes:
    file = io.BytesIO()
    Image.effect_noise((300, 200), 80).convert("RGB").save(file, form)
    return file.getvalue()


def of_size(side: int) -> bytes:
    """A PNG that declares side x side pixels and has none."""
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(b"")), (b"IEND", b"")]
    packed = [
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)


GOOD = np.zeros((1, 3, 4, 6), "f4")
PNG, JPEG = image_file("PNG"), image_file("JPEG")


@pytest.mark.parametrize(
    ("name", "content", "text"),
    [
        ("x.npy", b"", "cannot be read: No data left"),
        ("x.npy", b"garbage", "cannot be read: it holds Python objects, or is not a numpy file"),
        ("x.npy", numpy_file(GOOD)[:-40], "its header says .* 288 bytes, and it has 248"),
        ("x.npy", numpy_file(np.array([{}, []], object)), "cannot be read: it holds Python objects"),
        ("x.npy", numpy_file(np.zeros((1, 3, 5, 7), "f4")), r"its shape \[1,3,5,7\] does not fit the input x"),
        ("x.npy", numpy_file(np.zeros((0, 3, 4, 6), "f4")), "it is empty"),
        ("x.npy", numpy_file(GOOD.astype("c8")), "its type complex64 does not fit"),
        ("x.npy", numpy_file(np.array("a")), "its shape"),
        ("x.npz", b"PK garbage", "cannot be read"),
        ("x.npz", numpy_file(), "no array 'x' in it .there is none"),
        ("x.npz", numpy_file(a=GOOD, b=GOOD), "no array 'x' in it .there are a, b"),
        ("x.bin", b"", "no multiple of the 288"),
        ("x.bin", bytes(287), "287 bytes are no multiple of the 288"),
        ("x.png", b"", "cannot be read: cannot identify image"),
        ("x.png", b"hello, I am a text", "cannot be read: cannot identify image"),
        ("x.png", PNG[: len(PNG) // 2], "cannot be read: image file is truncated"),
        ("x.png", PNG[:5000] + bytes(4000) + PNG[9000:], "cannot be read"),
        ("x.png", of_size(60_000), "cannot be read: Image size"),
        ("x.jpg", JPEG[: len(JPEG) // 2], "cannot be read: image file is truncated"),
        ("x.txt", b"hello", "takes no .txt file; give it an image, .npy, .npz or .bin file"),
        ("x", b"hello", "takes no such file; give it an image"),
    ],
)
def test_unreadable_data_is_an_error_of_one_line(tmp_path: Path, name: str, content: bytes, text: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UsageError, match=text) as caught:
        load_items(tmp_path / name, InputPort("x", (1, 3, 4, 6), F32, "NCHW"))
    assert "\n" not in str(caught.value)


def test_a_folder_without_data_and_a_missing_path_are_errors(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises(UsageError, match=r"no image, .npy, .npz or .bin file in this folder"):
        load_items(tmp_path, InputPort("x", (1, 2), F32))
    with pytest.raises(UsageError, match="no such file or folder"):
        load_items(tmp_path / "gone.npy", InputPort("x", (1, 2), F32))
    os.mkfifo(tmp_path / "pipe.npy")
    with pytest.raises(UsageError, match="a pipe or a device; save the data to a file"):
        load_items(tmp_path / "pipe.npy", InputPort("x", (1, 2), F32))


def test_a_type_fits_where_only_digits_are_lost(tmp_path: Path) -> None:
    path, port = tmp_path / "x.npy", InputPort("x", (1, 2), U8)
    np.save(path, np.array([[3.0, 255.0]]))
    assert load_items(path, port)[0].tolist() == [[3, 255]]
    for wrong, value in (([[0.5, 1.0]], "0.5"), ([[1, 256]], "256"), ([[-1, 0]], "-1")):
        np.save(path, np.array(wrong))
        with pytest.raises(UsageError, match=rf"the value {value} does not fit the input x \[1,2\] u8"):
            load_items(path, port)


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"input": "nose:x.npy"}, "no input 'nose'; its inputs are image .* and mask"),
        ({"input": "image:a.npy,nose:x.npy"}, "no input 'nose'"),
        ({"data_shape": "image[1,3,x,6],mask[1,2]"}, "whole numbers"),
        ({"data_shape": "image[1,3,4,6]mask[1,2]"}, "a comma is missing before 'mask"),
    ],
)
def test_options_of_inputs_are_checked_against_the_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], text: str
) -> None:
    monkeypatch.chdir(tmp_path)
    picture(tmp_path / "a.png", (1, 2, 3))
    with pytest.raises(UsageError, match=text):
        inputs_for(convert(settings), two_inputs())


def test_a_large_folder_is_noted_with_the_number_of_used_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(input_files, "MAX_FILES", 2)
    for number in range(3):
        picture(tmp_path / f"{number}.png", (number, 0, 0))
    inputs = inputs_for(convert({"input": str(tmp_path)}), two_inputs())
    assert inputs.notes == [("warning", f"--input {tmp_path}: the first 2 of 3 files are used")]


def test_a_wrong_shape_names_both(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.zeros((5, 7)))
    with pytest.raises(UsageError, match=r"\[5,7\] does not fit the input mask \[1,2\]"):
        load_items(tmp_path / "x.npy", InputPort("mask", (1, 2), F32))


def test_pickles_are_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(UsageError, match="cannot be read"):
        load_items(tmp_path / "x.npy", InputPort("mask", (1, 2), F32))


def test_random_inputs_are_seeded_and_preset() -> None:
    model = two_inputs()
    first, again, other = (inputs_for(convert({"seed": seed}), model) for seed in (1, 1, 2))
    assert not first.cycled
    compiled = ov.Core().compile_model(model, "CPU")
    tensors = []
    for inputs in (first, again, other):
        request = compiled.create_infer_request()
        inputs.fill_new(request, 0)
        tensors.append(request.get_input_tensor(0).data.copy())
    assert np.array_equal(tensors[0], tensors[1])
    assert not np.array_equal(tensors[0], tensors[2])


def test_a_model_without_inputs_has_one_item() -> None:
    model = ov.Model([op.result(op.relu(op.constant(np.ones((1, 8), np.float32))))], [], "none")
    request = ov.Core().compile_model(model, "CPU").create_infer_request()
    for given in ({}, {"data_shape": "[1,8]"}):
        inputs = inputs_for(convert(given), model)
        assert not inputs.cycled
        inputs.fill_new(request, 3)
    with pytest.raises(UsageError, match="the model has no input"):
        inputs_for(convert({"input": "x.npy"}), model)


def test_data_shapes_are_cycled() -> None:
    image = op.parameter(ov.PartialShape([1, 3, -1, -1]), np.float32, name="image")
    image.output(0).set_names({"image"})
    model = ov.Model([op.result(op.relu(image))], [image], "dynamic")
    inputs = inputs_for(convert({"data_shape": "[1,3,8,8][1,3,16,16]"}), model)
    assert inputs.cycled
    request = ov.Core().compile_model(model, "CPU").create_infer_request()
    shapes = []
    for _ in range(3):
        inputs.fill_next(request)
        request.infer()
        shapes.append(list(request.get_output_tensor(0).shape))
    assert shapes == [[1, 3, 8, 8], [1, 3, 16, 16], [1, 3, 8, 8]]
    with pytest.raises(UsageError, match=r"\[1,4,8,8\] does not fit"):
        inputs_for(convert({"data_shape": "[1,4,8,8]"}), model)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (np.array([[1000, 200]], np.int64), np.int8),
        (np.array([[2**40, 0]], np.int64), np.int32),
        (np.array([[200, 1]], np.uint8), np.int8),
        (np.array([[-1, 1]], np.int8), np.uint8),
        (np.array([[1e300, 1]], np.float64), np.float16),
    ],
)
def test_no_value_becomes_another_one(tmp_path: Path, values: np.ndarray, kind: type) -> None:
    np.save(tmp_path / "x.npy", values)
    with pytest.raises(UsageError, match="does not fit the input x"):
        load_items(tmp_path / "x.npy", InputPort("x", (1, 2), np.dtype(kind)))


def test_files_of_several_places_are_one_list(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    for number, name in enumerate(("b.npy", "folder/c.npy", "folder/d.npy", "a.npy")):
        np.save(tmp_path / name, np.full((1, 2), number, F32))
    port = InputPort("x", (1, 2), F32)
    paths = [tmp_path / "b.npy", tmp_path / "folder", tmp_path / "a.npy"]
    assert [int(item[0, 0]) for item in load_all(paths, port)] == [0, 1, 2, 3]
    with pytest.raises(UsageError, match="no such file or folder"):
        load_all([*paths, tmp_path / "gone.npy"], port)
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match=r"no image, \.npy, \.npz or \.bin file in these folders, for the input x"):
        load_all([tmp_path / "empty", tmp_path / "empty"], port)


def test_pictures_of_several_files_share_a_batch(tmp_path: Path) -> None:
    for name, colour in (("b.png", (10, 20, 30)), ("a.png", (40, 50, 60))):
        Image.new("RGB", (6, 4), colour).save(tmp_path / name)
    (batch,) = load_all([tmp_path / "b.png", tmp_path / "a.png"], InputPort("x", (2, 3, 4, 6), F32, "NCHW"))
    assert batch[:, :, 0, 0].tolist() == [[10, 20, 30], [40, 50, 60]]
