"""The filter of the request table: its words, its sentences, and what it lets through."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import SECOND, records

from ovtui.metrics.queries.request_filter import (
    EXAMPLES,
    FLAG_WORDS,
    LONGEST,
    WORDS,
    FilterError,
    completions,
    parse_filter,
)
from ovtui.records.data_shapes import NO_DATA_SHAPES
from ovtui.records.record import FLAG_TEXTS, Flag, Records


def several() -> Records:
    rows = records(1000.0 + np.arange(8) * 10, np.arange(1, 9) * 5.0)
    rows["flags"][:5] = Flag.LATE, Flag.TIMED_OUT, Flag.HELD | Flag.LATE, Flag.ERROR, Flag.LEFT_OUT
    rows["infer_us"][3] = 0
    rows["device"] = [0x10, 0x11, 0x20, 0x21, 0x40, 0xFF, 0x20, 0x20]
    rows["batch_id"], rows["batch_size"] = [0, 0, 162, 162, 0, 0, 7, 7], [1, 1, 2, 2, 1, 1, 2, 2]
    rows["segment"] = [1, 1, 1, 2, 2, 3, 3, 3]
    return rows


def found(text: str) -> list[int]:
    return np.flatnonzero(parse_filter(text).mask(several(), NO_DATA_SHAPES)).tolist()


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("late", [0, 2]),
        ("late held", [2]),
        ("not late", [1, 3, 4, 5, 6, 7]),
        ("-late -timer", [3, 4, 5, 6, 7]),
        ("error", [3]),
        ("errors", [3]),
        ("warm-up", [4]),
        ("counted", [0, 1, 2, 5, 6, 7]),
        ("full", [2, 3, 6, 7]),
        ("alone", [0, 4, 5]),
        ("GPU.0", [2, 6, 7]),
        ("gpu", [2, 3, 6, 7]),
        ("cpu", [0, 1]),
        ("(CPU)", [1]),
        ("NPU", [4]),
        ("device gpu.1", [3]),
        (">20ms", [4, 5, 6, 7]),
        ("> 20 ms", [4, 5, 6, 7]),
        (">=20ms", [3, 4, 5, 6, 7]),
        ("<0.011s", [0, 1]),
        (">20000us", [4, 5, 6, 7]),
        (">20 MS", [4, 5, 6, 7]),
        ("response 10..20 ms", [1, 2, 3]),
        ("inference<25ms", [0, 1, 2]),
        ("service>30ms GPU.0", [6, 7]),
        ("batch 162", [2, 3]),
        ("batch>0", [2, 3, 6, 7]),
        ("segment 3", [5, 6, 7]),
        ("seg=2", [3, 4]),
        ("seq 2..4", [2, 3, 4]),
        ("order>=6", [6, 7]),
        ("done>1.055s", [6, 7]),
        ("one of", []),
    ],
)
def test_what_it_lets_through(text: str, rows: list[int]) -> None:
    assert found(text) == rows


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the filter is empty"),
        ("lat", "did you mean late?"),
        ("20ms", "write >20ms or <20ms"),
        ("20", "write >20ms, seq 20 or batch 20"),
        ("20..40ms", "write response 20..40ms"),
        (">1,5ms", "write 1.5ms"),
        ("seq 1,0000", "is no number"),
        ("!" * (LONGEST + 1), f"at most {LONGEST} characters"),
        ("batch", "after batch comes a number"),
        ("batch 1.5", "whole number"),
        ("batch 5ms", "whole number"),
        ("inference 20ms", "inference>20ms or inference<20ms"),
        ("response>", "response>20ms"),
        ("not", "nothing follows 'not'"),
        ("late -", "is not understood"),
        ("shape", "shape [1,3,224,224]"),
        ("device", "device GPU.0"),
        ("§", "is not understood"),
    ],
)
def test_one_sentence_with_what_would_be_right(text: str, said: str) -> None:
    with pytest.raises(FilterError) as error:
        parse_filter(text)
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_every_word_of_the_column_state_is_known() -> None:
    for flag, text in FLAG_TEXTS.items():
        rows = records([1.0, 2.0])
        rows["flags"][0] = flag
        assert parse_filter(text).mask(rows, NO_DATA_SHAPES).tolist() == [True, False], text


def test_the_examples_are_a_filter() -> None:
    parse_filter(EXAMPLES)
    assert set(FLAG_WORDS) <= set(WORDS)


def test_the_deepest_line_is_a_filter() -> None:
    assert found("!" * (LONGEST - 4) + "late") == [0, 2]


@given(st.text(max_size=30) | st.lists(st.sampled_from([*WORDS, ">", "20ms", "1..2", "-", "[1,2]", "7"])).map(" ".join))
def test_any_line_is_a_filter_or_a_sentence(text: str) -> None:
    try:
        wanted = parse_filter(text)
    except FilterError:
        return
    assert wanted.mask(several(), NO_DATA_SHAPES).shape == (8,)


@given(st.sampled_from(["late", "GPU", ">12ms", "batch 162", "full", "inference<9ms", "seq 2..5"]))
def test_not_is_the_rest(text: str) -> None:
    assert sorted([*found(text), *found(f"not {text}")]) == list(range(8))


def test_a_failed_request_has_no_inference_latency() -> None:
    assert 3 not in found("inference<100s")


def test_words_are_completed() -> None:
    assert completions("not la") == ["late"]
    assert completions("late ") == []
    assert completions("warm-") == ["warm-up"]
    assert set(completions("se")) == {"seq", "segment", "service"}


def test_times_are_seconds_of_the_session() -> None:
    rows = records([1500.0])
    assert int(rows["done_ns"][0]) == 3 * SECOND // 2
    assert parse_filter("done 1..2").mask(rows, NO_DATA_SHAPES).all()
