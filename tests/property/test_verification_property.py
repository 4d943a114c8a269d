"""What holds of the comparison of any two tensors."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ovtui.engine.verify.comparison import compare
from ovtui.engine.verify.roots import Key, Step, relations
from ovtui.engine.verify.tally import why_not

Array = npt.NDArray[Any]
FLOATS = arrays(np.float32, st.integers(0, 20), elements=st.floats(width=32))


@given(FLOATS)
def test_a_tensor_agrees_with_itself_exactly_where_all_of_it_is_finite(values: Array) -> None:
    found = compare(values, values.copy(), exact=False)
    assert (not why_not(found, 0.0, inner=False)) == bool(np.isfinite(values).all())
    assert (not why_not(found, 0.0, inner=True)) == (not np.isnan(values).any())
    assert found.unequal == int((~np.isfinite(values)).sum())
    assert found.nans == (int(np.isnan(values).sum()),) * 2


@given(FLOATS, st.data())
def test_a_nan_on_either_side_is_never_within_a_tolerance(values: Array, data: st.DataObject) -> None:
    if not values.size:
        return
    other = values.copy()
    at = data.draw(st.integers(0, values.size - 1))
    side = data.draw(st.sampled_from([values, other]))
    side[at] = np.nan
    for inner in (False, True):
        assert why_not(compare(values, other, exact=False), 1e30, inner=inner).startswith("NaN")


@given(st.integers(0, 20).flatmap(lambda n: st.tuples(*[arrays(np.float32, n, elements=st.floats(width=32))] * 2)))
def test_figures_of_finite_elements_alone(pair: tuple[Array, Array]) -> None:
    device, truth = pair
    found = compare(device, truth, exact=False)
    finite = np.isfinite(device) & np.isfinite(truth)
    x, y = device[finite].astype(np.float64), truth[finite].astype(np.float64)
    if not x.size:
        assert found.max_absolute is None
        return
    assert found.max_absolute == float(np.abs(x - y).max())
    assert found.unequal == int((x != y).sum() + (~finite).sum())
    assert found.cosine is None or -1.0 <= found.cosine <= 1.0
    mirrored = compare(truth, device, exact=False)
    assert (mirrored.max_absolute, mirrored.nans) == (found.max_absolute, found.nans[::-1])


@given(st.lists(st.lists(st.integers(0, 30), max_size=3), min_size=1, max_size=12), st.sets(st.integers(0, 11)))
def test_every_difference_has_a_first_layer_before_it(sources: list[list[int]], wrong: set[int]) -> None:
    """Of any graph: `sources` of a layer are layers before it."""
    keys = [Key(str(number), 0) for number in range(len(sources))]
    steps = [
        Step([keys[number]], [keys[each % number] for each in given] if number else [])
        for number, given in enumerate(sources)
    ]
    differs = {keys[each]: [0] for each in wrong if each < len(keys)}
    found = relations(steps, differs, keys)
    assert found.keys() == differs.keys()
    firsts = {key for key, relation in found.items() if relation == "first"}
    assert bool(firsts) == bool(differs)
    for step in steps:
        [key] = step.outputs
        if key in found:
            assert (key in firsts) == (not any(each in differs for each in step.inputs))
