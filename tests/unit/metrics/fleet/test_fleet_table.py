"""The rows of many boxes: their texts, order and filter; as lines of any width, whatever a box is called."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from metrics.fleet.fleet_samples import KIND, box

from ovtui.metrics.fleet.name_order import name_order
from ovtui.metrics.fleet.row_order import filtered_rows, sorted_rows
from ovtui.metrics.fleet.table import COLUMNS, FleetRow, fleet_rows
from ovtui.metrics.fleet.table_lines import cut_middle, table_lines
from ovtui.records.fleet import BoxState
from ovtui.records.following import Now
from ovtui.settings.shown_text import shown, width_of

NAMES = st.text(st.characters(codec="utf-8"), max_size=60)
WIDTHS = (60, 80, 100, 120, 200)


def now(**changed: object) -> Now:
    line = Now(
        session="s1", version="0.1.0", openvino="2026.4", t_s=9.0, phase="serving", model="m", requested="AUTO",
        device="(CPU)", hint="latency", submitted=100, completed=90, errors=2, in_flight=4, throughput=123.456,
        p50_ms=8.123, p99_ms=None, handovers=1, handover_s=3.92, batch_share=0.5, temperature_c=61.0, throttled=[],
        missed=[], text="", recording="", blocks=[],
    )  # fmt: skip
    return msgspec.structs.replace(line, **changed)


def fleet() -> list[BoxState]:
    return [
        *(box(f"box{number}", by=1 + 0.003 * number) for number in (10, 2, 1, 3, 4, 5)),
        box("slow", by=1.34),
        box("arm", kind="Cortex-A76"),
        box("dead", phase="failed", kind="", result=None, code=None, blocks=[], text="no sshd\x1b[2J"),
    ]


def test_rows_are_sorted_by_kind_and_name_and_the_unknown_kind_comes_last() -> None:
    names = [row.name for row in fleet_rows(fleet())]
    assert names == ["arm", "box1", "box2", "box3", "box4", "box5", "box10", "slow", "dead"]


def test_the_figures_of_the_end_are_those_of_the_result() -> None:
    state = box("a")
    state.now = now()
    (row,) = fleet_rows([state])
    assert dict(row.cells) == {
        "box": "a", "kind": KIND, "phase": "done", "device": "GPU.0", "rate": "400.0", "p50": "10.0", "p99": "20.0",
        "handover": "3.90 s", "batch": "97.0 %", "errors": "0", "temperature": "65", "odd": "",
    }  # fmt: skip


def test_while_it_runs_they_are_those_of_its_newest_line() -> None:
    state = BoxState(name="a", phase="running", now=now())
    (row,) = fleet_rows([state])
    assert [row.cells[column.key] for column in COLUMNS[2:]] == [
        "running", "(CPU)", "123.5", "8.12", "–", "3.92 s", "50.0 %", "2", "61", "",
    ]  # fmt: skip
    state.phase = "failed"
    assert fleet_rows([state])[0].cells["rate"] == "–"


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        ({"phase": "done", "code": 3}, "limit missed"), ({"phase": "done", "code": 130}, "interrupted"),
        ({"phase": "failed"}, "failed"), ({"phase": "running", "silent_s": 5.4}, "silent 5 s"),
        ({"phase": "fetching", "fetched_bytes": 45, "recording_bytes": 100}, "fetching 45 %"),
        ({"phase": "running", "now": now(phase="starting")}, "compiling"), ({"phase": "waiting"}, "waiting"),
    ],
)  # fmt: skip
def test_the_phase_is_told_in_a_word(changed: dict[str, object], text: str) -> None:
    state = msgspec.structs.replace(BoxState(name="a"), **changed)
    assert fleet_rows([state])[0].cells["phase"] == text


def test_the_odd_one_is_marked_with_how_much() -> None:
    (row,) = filtered_rows(fleet_rows(fleet()), "odd")
    assert row.name == "slow"
    assert row.severity == "odd"
    assert row.cells["odd"] == "+32 % p50"


def test_sorted_by_any_column_unknown_comes_last_both_ways() -> None:
    rows = fleet_rows(fleet())
    for column in COLUMNS:
        for descending in (False, True):
            values = [row.values[column.key] for row in sorted_rows(rows, column.key, descending=descending)]
            known = [value for value in values if value is not None]
            assert values == known + [None] * (len(values) - len(known))
    assert sorted_rows(rows, "rate", descending=True)[0].values["rate"] == 400.0
    assert sorted_rows(rows, "rate")[0].name == "slow"


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("BOX1", {"box1", "box10"}), ("failed", {"dead"}), ("cortex", {"arm"}), ("done arm", {"arm"}),
        ("gpu box5", {"box5"}), ("unknown", {"dead"}), ("nothing", set()), ("cpu", set()),
    ],
)  # fmt: skip
def test_filtered_by_each_word_in_name_kind_phase_or_device(text: str, names: set[str]) -> None:
    assert {row.name for row in filtered_rows(fleet_rows(fleet()), text)} == names
    assert len(filtered_rows(fleet_rows(fleet()), " ")) == len(fleet())


def test_columns_go_in_a_fixed_order_where_there_is_no_room() -> None:
    before: set[str] = set()
    for width in WIDTHS:
        heads = {head.strip() for head in table_lines(fleet_rows(fleet()), width)[0].split("  ")}
        columns = {column.key for column in COLUMNS if {column.heading, column.short} & heads}
        assert before <= columns
        before = columns
    whole = "box phase device /s p50 p99 switch batch err °C differs"
    assert [table_lines(fleet_rows(fleet()), width)[0].split() for width in (80, 72, 66)] == [
        whole.split(), whole.replace(" °C", "").split(), whole.replace(" batch", "").replace(" °C", "").split(),
    ]  # fmt: skip


@pytest.mark.parametrize("width", WIDTHS)
def test_no_line_is_wider_than_there_is_room(width: int) -> None:
    lines = table_lines(fleet_rows(fleet()), width)
    assert max(map(width_of, lines)) <= width
    assert len({line.index("done") for line in lines if "done" in line}) == 1


@settings(max_examples=60, deadline=None)
@given(st.lists(NAMES, min_size=1, max_size=6, unique=True), NAMES, NAMES)
def test_a_hostile_name_breaks_no_line(names: list[str], kind: str, device: str) -> None:
    states = [box(name, kind=kind) for name in names]
    states[0].result, states[0].now = None, now(device=device)
    rows = fleet_rows(states)
    assert sorted(row.name for row in rows) == sorted(names)
    for line in table_lines(rows, 80):
        assert shown(line) == line
    for row in rows:
        assert row in filtered_rows(rows, shown(row.name).casefold())


@settings(max_examples=100, deadline=None)
@given(st.lists(NAMES, max_size=8))
def test_names_have_one_order(names: list[str]) -> None:
    assert sorted(names, key=name_order) == sorted(names, key=name_order)


def test_numbers_in_names_are_ordered_by_value() -> None:
    assert sorted(["b10", "b9", "b", "B2", "b" + "9" * 5000], key=name_order) == [
        "b",
        "B2",
        "b9",
        "b10",
        "b" + "9" * 5000,
    ]


@settings(max_examples=60, deadline=None)
@given(NAMES, st.integers(1, 40))
def test_a_text_is_cut_in_its_middle(text: str, cells: int) -> None:
    plain = shown(text)
    cut = cut_middle(plain, cells)
    assert width_of(cut) <= max(cells, 1) or width_of(plain) <= cells
    assert cut == plain or "…" in cut


def test_a_row_is_found_again_by_its_name() -> None:
    row: FleetRow = fleet_rows([box("a\x1bb")])[0]
    assert (row.name, row.cells["box"]) == ("a\x1bb", "a\\x1bb")
