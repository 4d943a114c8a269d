"""Random inputs: made when a request needs them, kept only where the pool is small."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as op

from ovtui.engine.errors import UsageError
from ovtui.engine.free_memory import Memory
from ovtui.engine.model import held_items, input_files, random_items
from ovtui.engine.model.input_files import InputPort, load_items
from ovtui.engine.model.inputs import inputs_for
from ovtui.engine.model.random_items import RANDOM_ITEMS, ItemPool, RandomColumn
from ovtui.settings.changes import convert

F32 = np.dtype("f4")


def model(shape: list[int]) -> ov.Model:
    x = op.parameter(shape, np.float32, name="x")
    x.output(0).set_names({"x"})
    return ov.Model([op.result(op.relu(x))], [x], "m")


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Counter[int]:
    """How often each variant of a random input was made."""
    counts: Counter[int] = Counter()
    original = RandomColumn.__getitem__

    def counting(self: RandomColumn, index: int | slice) -> object:
        numbers = range(RANDOM_ITEMS)[index] if isinstance(index, slice) else [index]
        counts.update(numbers)
        return original(self, index)

    monkeypatch.setattr(RandomColumn, "__getitem__", counting)
    return counts


def fill(requests: int, shape: list[int]) -> list[np.ndarray[object, np.dtype[np.float32]]]:
    net = model(shape)
    inputs = inputs_for(convert({}), net)
    compiled = ov.Core().compile_model(net, "CPU")
    pool = [compiled.create_infer_request() for _ in range(requests)]
    for number, request in enumerate(pool):
        inputs.fill_new(request, number)
    assert inputs.request_bytes == 4 * np.prod(shape)
    return [request.get_input_tensor(0).data.copy() for request in pool]


def test_one_variant_for_each_request_and_none_before(made: Counter[int]) -> None:
    first, second = fill(2, [1, 64])
    assert made == {0: 1, 1: 1}
    assert not np.array_equal(first, second)


def test_a_small_pool_is_kept(made: Counter[int]) -> None:
    filled = fill(RANDOM_ITEMS + 2, [1, 64])
    assert made == dict.fromkeys(range(RANDOM_ITEMS), 1)
    assert np.array_equal(filled[0], filled[RANDOM_ITEMS])


def test_of_a_large_pool_nothing_is_kept(made: Counter[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(random_items, "KEPT_BYTES", 1000)
    filled = fill(RANDOM_ITEMS + 1, [1, 64])
    assert made[0] == 2
    assert np.array_equal(filled[0], filled[RANDOM_ITEMS])


def test_beside_given_data_a_random_input_is_kept_and_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(random_items, "KEPT_BYTES", 1000)
    column = RandomColumn(lambda n: np.full(100, n, F32), 400)
    assert [int(array[0]) for array in column.kept()] == [0, 1]
    assert len(RandomColumn(lambda n: np.full(1000, n, F32), 4000).kept()) == 1
    assert [int(item[0][0]) for item in ItemPool([column], 3)] == [0, 1, 2]


def test_a_folder_is_held_as_far_as_memory_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(6):
        np.save(tmp_path / f"{number}.npy", np.full((1, 64), number, F32))
    monkeypatch.setattr(held_items.free_memory, "memory", lambda: Memory(2 * 4 * 256, 1 << 40))
    inputs = inputs_for(convert({"input": str(tmp_path)}), model([1, 64]))
    assert inputs.notes == [
        ("warning", f"--input {tmp_path}: 4 of 6 files are used; more take over half of free memory")
    ]
    assert len(inputs._items) == 4
    monkeypatch.setattr(held_items.free_memory, "memory", lambda: Memory(1, 1 << 40))
    assert len(load_items(tmp_path, InputPort("x", (1, 64), F32))) == 1
    monkeypatch.setattr(held_items.free_memory, "memory", lambda: None)
    assert len(load_items(tmp_path, InputPort("x", (1, 64), F32))) == 6


def test_data_of_shapes_that_no_memory_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(held_items.free_memory, "memory", lambda: Memory(1 << 20, 1 << 20))
    settings = convert({"data_shape": "[1,64][1,300000]"})
    with pytest.raises(UsageError, match="the data of these shapes takes 1 MiB, and this machine has 1 MiB of memory"):
        inputs_for(settings, model([1, -1]))


def test_a_large_file_is_mapped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(held_items, "MAPPED_BYTES", 100)
    values = np.arange(128, dtype=F32).reshape(2, 64)
    np.save(tmp_path / "x.npy", values)
    (tmp_path / "x.bin").write_bytes(values.tobytes())
    for name in ("x.npy", "x.bin"):
        items = load_items(tmp_path / name, InputPort("x", (1, 64), F32))
        assert np.array_equal(np.concatenate(items), values)
        base = items[0]
        while isinstance(base, np.ndarray):
            base = base.base
        assert type(base).__name__ == "mmap" or isinstance(base, memoryview)
    assert input_files.mapped(tmp_path / "x.bin")
