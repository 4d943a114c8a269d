"""Small models for the command lines of benchmark_app, and the files that go with them. Inputs by name: a picture is
`image`, rows of numbers are `rows`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import openvino as ov
from harness.language_model import language_model
from harness.onnx_bytes import onnx_bytes
from harness.open_shape_models import convolution, parameter, weights
from harness.stateful_models import accumulator
from openvino import opset13 as op
from PIL import Image
from rig.nets import pointwise_net

SIDE = 16
_MODELS: dict[str, Callable[[], ov.Model]] = {
    "accumulator": accumulator, "llm": language_model, "pointwise": pointwise_net,
}  # fmt: skip


def model_of(outputs: dict[str, ov.Node], *inputs: ov.Node) -> ov.Model:
    for name, node in outputs.items():
        node.output(0).set_names({name})
    # A model without a name is called after how many models the process has made.
    return ov.Model([op.result(each) for each in outputs.values()], list(inputs), "_".join(outputs))


def _model(make: Callable[[], ov.Model]) -> Callable[[], ov.Model]:
    _MODELS[make.__name__] = make
    return make


@_model
def picture() -> ov.Model:
    """Looks like a picture, and has no layout of its own."""
    image = parameter("[1,3,16,16]", np.float32, "image")
    return model_of({"scores": op.relu(convolution(image, 4, 3, 3, 3))}, image)


@_model
def last_channels() -> ov.Model:
    image = parameter("[1,16,16,3]", np.float32, "image")
    first = op.transpose(image, op.constant(np.array([0, 3, 1, 2], np.int64)))
    return model_of({"scores": convolution(first, 4, 3, 3, 3)}, image)


@_model
def open_picture() -> ov.Model:
    image = parameter("[?,3,?,?]", np.float32, "image")
    return model_of({"scores": op.relu(convolution(image, 4, 3, 3, 3))}, image)


@_model
def bounded() -> ov.Model:
    numbers = parameter("[1..8,32]", np.float32, "rows")
    return model_of({"scores": op.matmul(numbers, weights(32, 8), False, False)}, numbers)


@_model
def rows() -> ov.Model:
    numbers = parameter("[1,32]", np.float32, "rows")
    return model_of({"scores": op.matmul(numbers, weights(32, 8), False, False)}, numbers)


@_model
def open_rows() -> ov.Model:
    numbers = parameter("[?,32]", np.float32, "rows")
    return model_of({"scores": op.matmul(numbers, weights(32, 8), False, False)}, numbers)


@_model
def two() -> ov.Model:
    left, right = parameter("[1,32]", np.float32, "left"), parameter("[1,32]", np.int32, "right")
    sums, squares = op.add(left, op.convert(right, np.float32)), op.multiply(left, left)
    return model_of({"sums": sums, "squares": squares}, left, right)


@_model
def open_two() -> ov.Model:
    left, right = parameter("[?,32]", np.float32, "left"), parameter("[?,8]", np.float32, "right")
    products = op.matmul(left, weights(32, 8), False, False)
    return model_of({"scores": products, "above": op.relu(right)}, left, right)


@_model
def no_batch() -> ov.Model:
    """Nothing of it can be taken for a batch."""
    numbers = parameter("[64,64]", np.float32, "matrix")
    return model_of({"scores": op.matmul(numbers, weights(64, 64), False, False)}, numbers)


@_model
def scalar() -> ov.Model:
    numbers, rate = parameter("[1,32]", np.float32, "rows"), parameter("[]", np.float32, "rate")
    return model_of({"scores": op.multiply(numbers, rate)}, numbers, rate)


@_model
def layers() -> ov.Model:
    """Two layers that take well over 1 us each, so that none counts as not executed."""
    numbers, node = parameter("[4,512]", np.float32, "rows"), None
    for name in ("first", "second"):
        node = op.matmul(numbers if node is None else node, weights(512, 512), False, False)
        node.set_friendly_name(name)
        node = op.softmax(node, 1)
        node.set_friendly_name(f"{name}_softmax")
    return model_of({"scores": node}, numbers)


def write_models(folder: Path) -> dict[str, str]:
    """Paths by name: models as IR, `onnx`, `blob` (of `picture`, for CPU), and input files."""
    found = {}
    for name, make in _MODELS.items():
        path = folder / f"{name}.xml"
        ov.save_model(make(), path, compress_to_fp16=False)
        found[name] = str(path)
    (folder / "product.onnx").write_bytes(onnx_bytes())
    (folder / "rows.blob").write_bytes(ov.Core().compile_model(rows(), "CPU").export_model().read())
    found |= {"onnx": str(folder / "product.onnx"), "blob": str(folder / "rows.blob")}
    return found | _write_inputs(folder / "inputs")


def _write_inputs(folder: Path) -> dict[str, str]:
    folder.mkdir()
    rng = np.random.default_rng(0)
    found = {"nothing": str(folder / "nothing.npy"), "folder": str(folder)}

    def put(name: str, array: np.ndarray[tuple[int, ...], np.dtype[np.generic]]) -> None:
        np.save(folder / f"{name}.npy", array)
        array.tofile(folder / f"{name}.bin")
        found[f"{name}_npy"], found[f"{name}_bin"] = str(folder / f"{name}.npy"), str(folder / f"{name}.bin")

    for number in (1, 2, 3):
        put(f"rows{number}", rng.random((1, 32), np.float32))
    put("right", rng.integers(0, 9, (1, 32), np.int32))
    put("four", rng.random((4, 32), np.float32))
    put("flat", rng.random(32, np.float32))
    put("eight", rng.random((4, 8), np.float32))
    put("wide", rng.random((2, 3, 24, 20), np.float32))
    put("bytes", rng.integers(0, 255, (1, 3, SIDE, SIDE), np.uint8))
    for kind, count in (("pictures", 3), ("arrays", 3)):
        (folder / kind).mkdir()
        found[kind] = str(folder / kind)
        for number in range(count):
            colours = rng.integers(0, 255, (SIDE, SIDE, 3), np.uint8)
            if kind == "pictures":
                Image.fromarray(colours).save(folder / kind / f"{number}.png")
            else:
                np.save(folder / kind / f"{number}.npy", rng.random((1, 32), np.float32))
    (folder / "sizes").mkdir()
    found["sizes"] = str(folder / "sizes")
    for number, size in enumerate(((24, 20, 3), (20, 24, 3))):
        Image.fromarray(rng.integers(0, 255, size, np.uint8)).save(folder / "sizes" / f"{number}.png")
    found["picture_file"] = str(folder / "pictures" / "0.png")
    return found
