"""The witness over tensors that lie as those of a batch worker do, without a compiled model."""

from __future__ import annotations

import numpy as np
import openvino as ov
import pytest

from ovtui.engine.load.batch_witness import WitnessSizes
from ovtui.engine.model.batch_evidence import WitnessPort

BATCH = 4


class Request:
    """An infer request with one port, a slice of its worker's buffer."""

    def __init__(self, rows: np.ndarray, number: int) -> None:
        self._rows = rows
        self._row = rows[number : number + 1]
        self.tensor = ov.Tensor(self._row, shared_memory=True)

    def get_input_tensor(self, _: int) -> ov.Tensor:
        return self.tensor

    get_output_tensor = get_input_tensor

    def set_input_tensor(self, _: int, tensor: ov.Tensor) -> None:
        self.tensor = tensor

    set_output_tensor = set_input_tensor

    def run(self, side: str, *, full: bool, output: object = None) -> None:
        """Uses the tensors as OpenVINO does: a full batch reads and writes the worker's buffer, a lone run only the
        request's own tensor."""
        if side == "input":
            if full:
                self._row[...] = self.tensor.data
            return
        if full:
            self._row[...] = output
        self.tensor.data[...] = output


def requests_of(dtype: str, columns: int, side: str, *, apart: int = 1) -> tuple[WitnessSizes, list[Request]]:
    rows = np.zeros((2 * BATCH * apart, columns), dtype)
    sizes = WitnessSizes(WitnessPort(side, 0, rows[0].nbytes), BATCH)  # type: ignore[arg-type]
    made = [Request(rows, k * apart) for k in range(2 * BATCH)]
    for k, request in enumerate(made):
        request.tensor.data[...] = k % 2
        sizes.attach(k, request)  # type: ignore[arg-type]
    return sizes, made


@pytest.mark.parametrize("side", ["input", "output"])
@pytest.mark.parametrize(
    ("dtype", "columns"), [("f4", 8), ("f4", 1), ("f2", 3), ("u1", 1), ("u1", 7), ("?", 2), ("i8", 1), ("f8", 5)]
)
def test_a_full_batch_and_a_lone_run_are_told_apart(side: str, dtype: str, columns: int) -> None:
    sizes, made = requests_of(dtype, columns, side)
    for k, request in enumerate(made):
        for full in (True, False, False, True, True, False):
            sizes.arm(k)
            request.run(side, full=full, output=1)
            assert sizes.size(k) == (BATCH if full else 1)
            assert sizes.size(k) == (BATCH if full else 1), "asking changes nothing"


def test_an_output_that_begins_with_the_spoiling_bytes_is_unknown_once() -> None:
    sizes, made = requests_of("u1", 1, "output")
    seen = []
    for value in range(256):
        sizes.arm(0)
        made[0].run("output", full=False, output=value)
        seen.append(sizes.size(0))
    assert seen.count(0) <= 2
    assert set(seen) <= {0, 1}
    value = seen.index(0)
    sizes.arm(0)
    made[0].run("output", full=False, output=value)
    found = {sizes.size(0)}
    sizes.arm(0)
    made[0].run("output", full=False, output=value)
    assert 1 in found | {sizes.size(0)}, "the next time other bytes spoil"


def test_where_the_slices_of_a_worker_do_not_lie_side_by_side_nothing_is_told() -> None:
    sizes, made = requests_of("f4", 8, "output", apart=2)
    for full in (True, False):
        sizes.arm(0)
        made[0].run("output", full=full, output=5)
        assert sizes.size(0) == 0


def test_the_content_of_an_input_is_kept() -> None:
    _, made = requests_of("f4", 8, "input")
    assert [float(request.tensor.data[0, 3]) for request in made] == [k % 2 for k in range(2 * BATCH)]
