"""Pictures of every kind as input data: the right values, or one sentence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from ovtui.engine.errors import UsageError
from ovtui.engine.model.input_files import DataFacts, InputPort, load_items

U8, F32 = np.dtype("u1"), np.dtype("f4")
COLOUR = (200, 100, 50)
GREY = 124
"""Of COLOUR, by ITU-R 601-2."""
Save = Callable[[Path], None]


def channels(array: np.ndarray[Any, Any]) -> list[float]:
    """The one value of each channel of an NCHW tensor."""
    flat = array.reshape(array.shape[1], -1)
    assert (flat == flat[:, :1]).all()
    return list(flat[:, 0].tolist())


def new(mode: str, colour: object, name: str, **options: Any) -> tuple[str, Save]:
    return name, lambda path: Image.new(mode, (8, 6), colour).save(path, **options)  # type: ignore[arg-type]


def wide(dtype: str, value: float, name: str) -> tuple[str, Save]:
    return name, lambda path: Image.fromarray(np.full((6, 8), value, dtype)).save(path)


def palette(name: str, **options: Any) -> tuple[str, Save]:
    return name, lambda path: Image.new("RGB", (8, 6), COLOUR).quantize(4).save(path, **options)


def animated(name: str) -> tuple[str, Save]:
    first, second = Image.new("RGB", (8, 6), (200, 0, 0)), Image.new("RGB", (8, 6), (0, 0, 200))
    return name, lambda path: first.save(path, save_all=True, append_images=[second])


@pytest.mark.parametrize(
    ("file", "colours", "grey", "remark"),
    [
        (new("RGB", COLOUR, "a.png"), [*COLOUR], GREY, ""),
        (new("RGB", COLOUR, "a.bmp"), [*COLOUR], GREY, ""),
        (new("RGB", COLOUR, "a.ppm"), [*COLOUR], GREY, ""),
        (new("RGBA", (*COLOUR, 10), "a.png"), [*COLOUR], GREY, "without its transparency"),
        (new("RGBA", (*COLOUR, 0), "a.tiff"), [*COLOUR], GREY, "without its transparency"),
        (new("LA", (90, 10), "a.png"), [90] * 3, 90, "without its transparency"),
        (new("L", 90, "a.png"), [90] * 3, 90, ""),
        (new("1", 1, "a.png"), [255] * 3, 255, ""),
        (new("CMYK", (0, 255, 255, 0), "a.tiff"), [255, 0, 0], 76, "from CMYK"),
        (palette("a.png"), [*COLOUR], GREY, ""),
        (palette("a.png", transparency=0), [*COLOUR], GREY, "without its transparency"),
        (wide("u2", 40_000, "a.png"), [156] * 3, 156, "the upper 8 of 16 bits"),
        (wide("u2", 40_000, "a.tiff"), [156] * 3, 156, "the upper 8 of 16 bits"),
        (animated("a.gif"), [200, 0, 0], 60, "the first of 2 frames"),
        (animated("a.png"), [200, 0, 0], 60, "the first of 2 frames"),
    ],
)
def test_every_kind_of_file(tmp_path: Path, file: tuple[str, Save], colours: list[int], grey: int, remark: str) -> None:
    """Of 16 bits grey each value above 255 was white once."""
    name, save = file
    save(tmp_path / name)
    facts = DataFacts()
    (got,) = load_items(tmp_path / name, InputPort("x", (1, 3, 4, 4), U8, "NCHW"), facts=facts)
    assert channels(got) == colours
    assert list(facts.remarks) == ([remark] if remark else [])
    (reversed_,) = load_items(tmp_path / name, InputPort("x", (1, 3, 4, 4), F32, "NCHW", "bgr"))
    assert channels(reversed_) == colours[::-1]
    (one,) = load_items(tmp_path / name, InputPort("x", (1, 1, 4, 4), U8, "NCHW"))
    assert channels(one) == [grey]


def test_four_channels_keep_the_colours_under_the_transparency(tmp_path: Path) -> None:
    Image.new("RGBA", (8, 6), (*COLOUR, 0)).save(tmp_path / "a.png")
    facts = DataFacts()
    (got,) = load_items(tmp_path / "a.png", InputPort("x", (1, 4, 4, 4), U8, "NCHW"), facts=facts)
    assert channels(got) == [*COLOUR, 0]
    (got,) = load_items(tmp_path / "a.png", InputPort("x", (1, 4, 4, 4), U8, "NCHW", "bgr"), facts=facts)
    assert channels(got) == [*COLOUR[::-1], 0]
    assert (facts.order, facts.remarks) == ("bgra", {})


def test_a_turned_photo_stands_upright(tmp_path: Path) -> None:
    """As cv2.imread has it, and so benchmark_app."""
    lying = Image.new("RGB", (8, 4), (0, 0, 0))
    lying.paste((255, 255, 255), (0, 0, 4, 4))
    exif = lying.getexif()
    exif[0x0112] = 6  # the camera's left is the top
    lying.save(tmp_path / "a.png", exif=exif)
    facts = DataFacts()
    (got,) = load_items(tmp_path / "a.png", InputPort("x", (1, 1, 8, 4), U8, "NCHW"), facts=facts)
    assert got[0, 0].tolist() == [[255] * 4] * 4 + [[0] * 4] * 4
    assert (list(facts.sizes), list(facts.remarks)) == ([(4, 8)], ["turned upright"])


@pytest.mark.parametrize("layout", ["NHW", "HW", "NCHW", "HWN", "NCDHW", "?HW"])
def test_pictures_in_every_layout(tmp_path: Path, layout: str) -> None:
    sizes = {"N": 3, "H": 4, "W": 6}
    shape = tuple(sizes.get(letter, 1) for letter in layout)
    for number in range(4):
        Image.new("L", (6, 4), number).save(tmp_path / f"{number}.png")
    items = load_items(tmp_path, InputPort("x", shape, U8, layout))
    assert all(item.shape == shape for item in items)
    batches = [np.moveaxis(item, layout.index("N"), 0) if "N" in layout else item[None] for item in items]
    assert [[one.max() for one in batch] for batch in batches] == (
        [[0, 1, 2], [3, 0, 1]] if "N" in layout else [[0], [1], [2], [3]]
    )


PICTURE = new("RGB", COLOUR, "a.png")
NO_PICTURE = "does not look like a picture"


def port(shape: tuple[int, ...] = (1, 3, 4, 4), kind: str = "u1", layout: str = "") -> InputPort:
    return InputPort("x", shape, np.dtype(kind), layout)


@pytest.mark.parametrize(
    ("file", "port", "text"),
    [
        (PICTURE, port(kind="i1"), "which the input x of i8 does not hold; --input-precision x:u8 --mean-values x:128"),
        (PICTURE, replace(port(kind="i1"), model_type="f32"), "the input x of i8 .*; --input-precision x:u8 makes"),
        (PICTURE, port(kind="?"), "the input x of boolean does not hold; give the values as .npy"),
        (PICTURE, port((1, 2, 4, 4), layout="NCHW"), "has 2 channels .NCHW., a picture has 1, 3 or 4"),
        (PICTURE, port((1, 3, 5, 4, 4), layout="NCDHW"), "is no picture: its dimension D of 5"),
        (PICTURE, port((1, 10)), rf"the input x \[1,10\] {NO_PICTURE}; .* --layout 'x\[NCHW\]'"),
        (PICTURE, port((1, 10), layout="NC"), NO_PICTURE),
        (wide("f4", 0.5, "a.tiff"), port(), r"its pixels are 32-bit numbers \(mode F\); give them as .npy"),
        (wide("i4", 70_000, "a.tiff"), port(), "32-bit numbers"),
        (new("LAB", (9, 9, 9), "a.tiff"), port((1, 1, 4, 4)), r"its colours \(mode LAB\) do not become L"),
    ],
)
def test_what_is_no_picture_for_the_input_is_refused(
    tmp_path: Path, file: tuple[str, Save], port: InputPort, text: str
) -> None:
    name, save = file
    save(tmp_path / name)
    with pytest.raises(UsageError, match=text) as caught:
        load_items(tmp_path / name, port)
    assert "\n" not in str(caught.value)
