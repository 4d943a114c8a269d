"""The columns of the request table: which of them fit, and their texts."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from samples import compiled, records, segment

from ovtui.dashboard.requests.chosen_request import ChosenRequest
from ovtui.dashboard.requests.request_columns import (
    grouped_number,
    latency_text,
    place_columns,
    state_text,
    table_texts,
)
from ovtui.dashboard.requests.request_detail import request_facts
from ovtui.records.data_shapes import DataShapes
from ovtui.records.device_codes import AMBIGUOUS, STAND_IN
from ovtui.records.events import DataShape
from ovtui.records.record import Flag, Records, flags_text

NARROW = ["seq", "order", "request", "batch", "size", "device", "inference", "response", "state"]


def row(records_: Records, width: int = 200, decimals: int = 1) -> dict[str, str]:
    placed = place_columns(2, width)
    columns = table_texts(records_, placed, decimals)
    return {place.column.name: texts[0].strip() for place, texts in zip(placed, columns, strict=True)}


@pytest.mark.parametrize(
    ("width", "names"),
    [
        (80, NARROW),
        (66, ["seq", "batch", "size", "device", "inference", "response", "state"]),
        (30, ["seq", "device", "response"]),
        (130, ["seq", "order", "done", "request", "segment", "batch", "size", "device", "inference", "service",
               "response", "state"]),
        (200, ["seq", "order", "due", "submit", "done", "request", "segment", "batch", "size", "device", "inference",
               "service", "response", "wait", "state"]),
    ],
)  # fmt: skip
def test_columns_are_dropped_in_the_order_of_their_rank(width: int, names: list[str]) -> None:
    assert [place.column.name for place in place_columns(2, width)] == names


def test_service_comes_with_the_width() -> None:
    names = [place.column.name for place in place_columns(2, 120)]
    assert [name for name in names if name not in ("done", "segment")] == [*NARROW[:7], "service", *NARROW[7:]]


@pytest.mark.parametrize("width", range(201))
def test_columns_fit_and_do_not_touch(width: int) -> None:
    placed = place_columns(2, width)
    ends = [place.x + place.width for place in placed]
    assert all(end < place.x for end, place in zip(ends, placed[1:], strict=False))
    assert all(end <= width for end in ends)
    assert all(len(place.heading) <= place.width for place in placed)


def test_a_row() -> None:
    one = records(
        1_234.5, 8.14, seq=55_326, order=55_310, request=14, batch_id=3_457, batch_size=16, device=0x20, segment=2
    )
    one["due_ns"] -= 1_000_000_000
    one["copy_us"] = 250_000  # is no waiting
    assert row(one) == {
        "seq": "55,326", "order": "55,310", "due": "00:00.2263", "submit": "00:01.2263", "done": "00:01.2345",
        "request": "14", "segment": "2", "batch": "3,457", "size": "16", "device": "GPU.0", "inference": "8.1",
        "service": "8.1", "response": "1,008.1", "wait": "750.00", "state": "",
    }  # fmt: skip


def test_an_unknown_value_is_not_shown_as_zero() -> None:
    unknown = records(10.0, 8.0, batch_id=0, batch_size=0, device=0, infer_us=0, flags=int(Flag.ERROR))
    cells = row(unknown)
    assert [cells[name] for name in ("batch", "size", "device", "inference", "state")] == ["–", "–", "–", "–", "error"]


def test_a_deduced_batch_is_marked() -> None:
    assert row(records(1.0, batch_id=3_457, flags=int(Flag.INFERRED_BATCH)))["batch"] == "~3,457"


def test_device_names() -> None:
    assert row(records(1.0, device=STAND_IN))["device"] == "(CPU)"
    assert row(records(1.0, device=AMBIGUOUS))["device"] == "one of"


def test_state_names_the_most_serious_first() -> None:
    assert flags_text(0) == flags_text(int(Flag.INFERRED_BATCH)) == ""
    assert flags_text(int(Flag.LATE)) == "late"
    assert flags_text(int(Flag.TIMED_OUT | Flag.ERROR | Flag.WARM_UP)) == "error first timer"
    assert flags_text(int(Flag.LEFT_OUT | Flag.WARM_UP)) == "warm-up first"
    assert flags_text(int(Flag.OVERTAKEN | Flag.LATE)) == "late overtaken"
    assert flags_text(int(Flag.AMBIGUOUS_DEVICE)) == "one of"


def test_numbers_that_do_not_fit_lose_separators_then_decimals() -> None:
    assert grouped_number(20_000_000, 10) == "20,000,000"
    assert grouped_number(200_000_000, 10) == "200000000"
    assert latency_text(1_004.2346, 9, 3) == "1,004.235"
    assert latency_text(12_345.678, 9, 3) == "12,345.68"
    assert latency_text(float("nan"), 9, 1) == latency_text(-1.0, 9, 1) == "–"


def test_a_number_too_long_for_its_column_stays_in_it() -> None:
    long = records(1.0, seq=2**63, order=2**63)
    assert all(
        len(text) == place.width
        for width in (66, 80, 200)
        for place, texts in zip(place_columns(2, width), table_texts(long, place_columns(2, width), 1), strict=True)
        for text in texts
    )


def shapes_of(*texts: str) -> DataShapes:
    shapes = DataShapes()
    for event in (replace(compiled(), data_shapes=[DataShape(text) for text in texts]), segment()):
        shapes.fold(event)
    return shapes


def test_a_session_with_several_data_shapes_has_a_column_for_them() -> None:
    rows = records([1, 2, 3], segment=1, data_shape=[0, 1, 0])
    shapes = shapes_of("[1,3,64,64]", "a_long_input_name[1,3,1024,1024]")
    for width, long in ((80, "…[1,3,1024,1024]"), (120, "…put_name[1,3,1024,1024]")):
        placed = place_columns(2, width, shapes)
        at = [place.column.name for place in placed].index("shape")
        assert placed[at + 1].column.name == "state"
        texts = [text.strip() for text in table_texts(rows, placed, 1)[at]]
        assert texts == ["[1,3,64,64]", long, "[1,3,64,64]"]
    for few in (shapes_of(), shapes_of("[1,3,64,64]")):
        assert place_columns(2, 120, few) == place_columns(2, 120)


def test_names_in_a_data_shape_cannot_move_the_table() -> None:
    """They come from the model's file."""
    placed = place_columns(2, 120, shapes_of('"a\x1b[31m\nin"[1,2,8]', "入力[1,2,8]"))
    at = [place.column.name for place in placed].index("shape")
    texts = table_texts(records([1, 2], segment=1, data_shape=[0, 1]), placed, 1)[at]
    assert [text.strip() for text in texts] == [r'"a\x1b[31m in"[1,2,8]', "??[1,2,8]"]


@pytest.mark.parametrize(
    ("flags", "text"), [(Flag.INFERRED_BATCH, "~4 of 16 (size known)"), (0, "4 of 16 (size known)")]
)
def test_a_batch_that_is_deduced_is_so_in_the_details_too(flags: int, text: str) -> None:
    facts = request_facts(records([5.0], batch_size=16, batch_id=4, flags=flags))
    assert text in [fact[1][0].strip() for fact in facts if fact]


@pytest.mark.parametrize(
    ("flags", "width", "text"),
    [
        (Flag.TIMED_OUT | Flag.OVERTAKEN, 15, "timer overtaken"),
        (Flag.TIMED_OUT | Flag.OVERTAKEN, 14, "timer …"),
        (Flag.LATE | Flag.TIMED_OUT | Flag.OVERTAKEN, 14, "late timer …"),
        (Flag.LATE | Flag.TIMED_OUT | Flag.OVERTAKEN, 10, "late …"),
        (Flag.OVERTAKEN, 9, "overtaken"),
        (0, 7, ""),
    ],
)
def test_a_state_is_cut_between_words(flags: int, width: int, text: str) -> None:
    assert state_text(flags, width) == text


@pytest.mark.parametrize(
    ("ms", "text"),
    [
        (20.0, "2 times the median of 10.0 ms"),
        (10.2, "about the median of 10.0 ms"),
        (6.0, "60 % of the median of 10.0 ms"),
    ],
)
def test_a_request_is_compared_with_the_median_in_plain_words(ms: float, text: str) -> None:
    assert ChosenRequest(records(1.0, ms), median_ms=10.0).compared == text


def test_a_shape_of_several_lines_is_one_fact_of_one_line() -> None:
    """Beside the table and under it: an input's name may hold a line break."""
    values = [fact[1][0] for fact in request_facts(records([5.0]), data_shape="a\nb[1,3]") if fact]
    assert not any("\n" in value for value in values)
    assert any("b[1,3]" in value for value in values)
