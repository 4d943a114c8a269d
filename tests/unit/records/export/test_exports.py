from __future__ import annotations

import csv
import io
import json
import os
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace
from samples import compiled, device_changed, records, segment, spawned, started
from trace_format import check

from ovtui.cli.export import export
from ovtui.metrics.latency.hgrm import hgrm_lines
from ovtui.metrics.latency.histogram import Histogram
from ovtui.records.events import DataShape, Event, IdleMeasured, LoadEnded, Note
from ovtui.records.export import csv_jsonl
from ovtui.records.export.perfetto import EVENTS, REQUESTS, trace_json
from ovtui.records.machine_readings import MachineReading
from ovtui.records.record import Flag, Records
from ovtui.records.session_file.reader import SessionReader
from ovtui.records.session_file.writer import RecordingProgress, SessionWriter

COUNT = 64
TEXT = 'a "note" with\nlines and ünïcode'


def rows() -> Records:
    """Batches of 4 on 4 infer requests, with a failed request, one that ran alone after the timeout, and a late one."""
    n = np.arange(COUNT)
    made = records(100 + n // 4 * 5, service_ms=4.0, order=n, seq=n, request=n % 4, batch_id=n // 4 + 1, batch_size=4)
    made["device"], made["segment"] = 0x20, 1
    made["flags"][0] = Flag.WARM_UP
    made["flags"][10] = Flag.ERROR
    made["flags"][20], made["batch_id"][20], made["batch_size"][20] = Flag.TIMED_OUT, 0, 1
    made["flags"][30] = Flag.LATE | Flag.INFERRED_BATCH
    made["due_ns"][30] -= 2_500_000
    made["copy_us"][30] = 500
    return made


@pytest.fixture
def file(tmp_path: Path) -> SessionReader:
    path = str(tmp_path / "s.ovtui")
    writer = SessionWriter(path, {"command": "ovtui -d AUTO"}, 1 << 30)
    events = [
        *started(),
        device_changed(["(CPU)"], ["GPU.0"], 0.12),
        Note(t_ns=130_000_000, severity="info", text=TEXT),
        IdleMeasured(t_ns=140_000_000, since_ns=140_000_000, watts={}, reason="asked", text="no watts can be read"),
        LoadEnded(t_ns=200_000_000, engine=1, reason="stopped", submitted=COUNT),
    ]
    writer.write(events, [rows().tobytes()], RecordingProgress(200_000_000, 0, COUNT, 0))
    writer.close()
    return SessionReader(path)


def test_csv_has_a_row_for_each_request(file: SessionReader) -> None:
    table = list(csv.DictReader(io.StringIO("".join(csv_jsonl.csv_lines(file)))))
    made = rows()
    assert len(table) == COUNT
    assert [int(row["seq"]) for row in table] == made["seq"].tolist()
    assert [int(row["due_ns"]) for row in table] == made["due_ns"].tolist()
    assert {row["device"] for row in table} == {"GPU.0"}
    assert float(table[30]["service_ms"]) == 4.0
    assert float(table[30]["response_ms"]) == 6.5
    assert int(table[30]["flags"]) == int(Flag.LATE | Flag.INFERRED_BATCH)


def test_jsonl_has_an_object_for_each_request(file: SessionReader) -> None:
    objects = [json.loads(line) for line in "".join(csv_jsonl.json_lines(file)).splitlines()]
    assert len(objects) == COUNT
    assert [*objects[0]] == [name for name in csv_jsonl.COLUMNS if name != "state"]
    assert {each["batch_size_is"] for each in objects} == {"known"}
    assert objects[0]["flags"] == ["warm-up"]
    assert objects[30]["flags"] == ["inferred-batch", "late"]
    assert objects[1]["flags"] == []
    assert objects[30]["response_ms"] == 6.5
    assert objects[20]["batch_id"] == 0


def with_shapes(tmp_path: Path, shapes: list[DataShape]) -> SessionReader:
    """Requests of shapes 0 and 1 by turns; in the second engine the other way round."""
    path, made = str(tmp_path / "shapes.ovtui"), records(np.arange(1, 9), 1.0, segment=np.repeat([1, 2], 4))
    made["data_shape"] = np.arange(8) % 2
    engines: list[Event] = [replace(compiled(engine), data_shapes=shapes[::step]) for engine, step in ((1, 1), (2, -1))]
    events = [*started(), *engines, segment(2, engine=2)]
    writer = SessionWriter(path, {"command": "ovtui"}, 1 << 30)
    writer.write(events, [made.tobytes()], RecordingProgress(9_000_000, 0, 8, 0))
    writer.close()
    return SessionReader(path)


def test_every_export_has_the_text_of_the_data_shape(tmp_path: Path) -> None:
    small, odd = DataShape("[1,8]", 1), DataShape('in "put"[1,16],é[2]', 1)
    expected = [small.text, odd.text] * 2 + [odd.text, small.text] * 2
    file = with_shapes(tmp_path, [small, odd])
    table = list(csv.DictReader(io.StringIO("".join(csv_jsonl.csv_lines(file)))))
    assert [row["data_shape"] for row in table] == expected
    lines = [json.loads(line) for line in "".join(csv_jsonl.json_lines(file)).splitlines()]
    assert [line["data_shape"] for line in lines] == expected
    slices = [event for event in check("".join(trace_json(file))) if event["ph"] == "X" and event["pid"] == REQUESTS]
    assert [event["args"]["data_shape"] for event in slices] == expected


def test_without_data_shapes_the_column_is_empty(tmp_path: Path) -> None:
    """As in a recording of before the shapes were told: an index alone says nothing."""
    file = with_shapes(tmp_path, [])
    table = list(csv.DictReader(io.StringIO("".join(csv_jsonl.csv_lines(file)))))
    assert {row["data_shape"] for row in table} == {""}
    assert {json.loads(line)["data_shape"] for line in "".join(csv_jsonl.json_lines(file)).splitlines()} == {None}
    assert all("data_shape" not in event.get("args", {}) for event in check("".join(trace_json(file))))


@pytest.fixture
def events(file: SessionReader) -> list[dict[str, Any]]:
    return check("".join(trace_json(file)))


def test_lanes_by_infer_request(events: list[dict[str, Any]]) -> None:
    slices = [event for event in events if event["ph"] == "X" and event["pid"] == REQUESTS]
    assert [event["args"]["seq"] for event in slices] == list(range(COUNT))
    assert len({event["tid"] for event in slices}) == 4
    assert (slices[5]["ts"], slices[5]["dur"]) == (101_000.0, 4000.0)
    assert slices[5]["name"] == "GPU.0 batch of 4"
    assert slices[20]["args"]["timed-out"] is True
    named = {event["tid"]: event["args"]["name"] for event in events if event["name"] == "thread_name"}
    assert [named[event["tid"]] for event in slices] == [f"request {request}" for request in rows()["request"]]


def test_what_waited_is_told_of_each_and_counted(events: list[dict[str, Any]]) -> None:
    """Filling in the input does not count as waiting."""
    waited = {event["args"]["seq"]: event["args"]["waited_ms"] for event in events if event.get("cat") == "request"}
    assert waited == {seq: 2.0 if seq == 30 else 0 for seq in range(COUNT)}


def test_a_batch_is_a_flow_through_its_requests(events: list[dict[str, Any]]) -> None:
    slices = {(event["tid"], event["args"]["batch"]): event for event in events if event.get("cat") == "request"}
    flows = flows_of(events)
    assert sorted(len(flow) for flow in flows) == [3, *[4] * 15]
    for flow in flows:
        inside = [
            {batch for (tid, batch), one in slices.items() if tid == event["tid"] and holds(one, event)}
            for event in flow
        ]
        assert len(set.intersection(*inside)) == 1


def holds(one: dict[str, Any], event: dict[str, Any]) -> bool:
    return bool(one["ts"] <= event["ts"] <= one["ts"] + one["dur"])


def flows_of(events: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    flows: dict[int, list[dict[str, Any]]] = {}
    for event in events:
        if event["ph"] in "stf":
            flows.setdefault(event["id"], []).append(event)
    return list(flows.values())


def test_a_batch_whose_members_are_read_in_two_pieces_is_one_flow(
    file: SessionReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = flows_of(check("".join(trace_json(file))))
    monkeypatch.setattr(SessionReader.records, "__defaults__", (7,))
    assert flows_of(check("".join(trace_json(file)))) == whole


def test_two_engines_that_hand_over_and_a_queue_break_no_lane(tmp_path: Path) -> None:
    """The old engine's last requests are in flight when the new engine sends its first, and all requests wait."""
    n = np.arange(COUNT)
    made = records(110 + n // 2 * 10 + n % 2 * 5, service_ms=9.0, segment=1 + n % 2, batch_id=n // 8 + 1)
    made["due_ns"] = np.maximum(made["submit_ns"] - n * 3_000_000, 1)
    path = str(tmp_path / "s.ovtui")
    writer = SessionWriter(path, {}, 1 << 30)
    events = [*started(), spawned(2, 0.09), segment(2, 2, 0.1, first_seq=1)]
    writer.write(
        events, [made.tobytes()], RecordingProgress(200_000_000, 0, COUNT, 0), [MachineReading(t_ns=5, cpu_percent=7.5)]
    )
    writer.close()
    found = check("".join(trace_json(SessionReader(path))))
    names = {event["tid"]: event["args"]["name"] for event in found if event["name"] == "thread_name"}
    assert {"request 0", "engine 2 request 0"} <= set(names.values())
    assert {"cpu_percent", "in flight"} <= {event["name"] for event in found if event["ph"] == "C"}
    waiting = [event["args"]["value"] for event in found if event["name"] == "waiting"]
    assert max(waiting) > 20
    assert min(waiting) == waiting[-1] == 0


def test_handovers_and_settings_are_instants_over_all_lanes(events: list[dict[str, Any]]) -> None:
    instants = {event["name"]: event for event in events if event["ph"] == "i"}
    handover = instants["handover (CPU) → GPU.0"]
    assert (handover["s"], handover["ts"]) == ("g", 120_000.0)
    assert instants["segment 1"]["s"] == "g"
    assert TEXT in instants
    assert "idle: not measured: no watts can be read" in instants


def test_counters_end_at_nothing_in_flight(events: list[dict[str, Any]]) -> None:
    counters = [event for event in events if event["ph"] == "C" and event["pid"] == EVENTS]
    in_flight = [event["args"]["value"] for event in counters if event["name"] == "in flight"]
    assert in_flight[-1] == 0
    rates = [event["args"]["value"] for event in counters if event["name"] == "completions/s"]
    assert sum(rates) / 10 == COUNT


def test_counters_say_what_the_rows_say_where_perfetto_draws_them(tmp_path: Path) -> None:
    """A value is drawn from its time until the next one of its counter: completions of that time, and the level at its
    beginning. With pauses longer than a step, and completions on the border of one."""
    rng = np.random.default_rng(4)
    at_ms = 1000 + np.cumsum(rng.choice([1, 7, 40, 900], 400, p=[0.6, 0.2, 0.18, 0.02]))
    made = records(at_ms, service_ms=rng.choice([2.0, 30.0, 450.0], 400), request=np.arange(400))
    made["due_ns"] -= rng.integers(0, 300, 400) * 1_000_000
    path = str(tmp_path / "s.ovtui")
    writer = SessionWriter(path, {}, 1 << 30)
    readings = [
        MachineReading(t_ns=1_900_000_000, cpu_percent=10.0, cpu_mhz=1000.0),
        MachineReading(t_ns=2_910_000_000, cpu_percent=20.0, cpu_mhz=2000.0),
    ]
    progress = RecordingProgress(int(made["done_ns"].max()), 0, len(made), 0)
    writer.write(started(), [made.tobytes()], progress, readings)
    writer.close()
    drawn: dict[str, list[tuple[int, float]]] = {}
    for event in check("".join(trace_json(SessionReader(path)))):
        if event["ph"] == "C":
            drawn.setdefault(event["name"], []).append((round(event["ts"] * 1e3), event["args"]["value"]))
    levels = {"in flight": ("submit_ns", "done_ns"), "waiting": ("due_ns", "submit_ns")}
    for name, (begin, end) in levels.items():
        assert len(drawn[name]) > 20
        for t_ns, value in drawn[name]:
            assert value == np.count_nonzero(made[begin] < t_ns) - np.count_nonzero(made[end] < t_ns), (name, t_ns)
    rates = drawn["completions/s"]
    for (t_ns, value), (until_ns, _) in zip(rates, [*rates[1:], (1 << 60, 0.0)], strict=True):
        within = np.count_nonzero((made["done_ns"] >= t_ns) & (made["done_ns"] < until_ns))
        assert value / 10 == within, "a value of 0 may hold for longer than a step, another one does not"
        assert value == 0 or until_ns - t_ns == 100_000_000
    assert rates[-1][1] == 0
    assert drawn["cpu_percent"] == [(900_000_000, 10.0), (1_900_000_000, 20.0)]
    assert drawn["cpu_mhz"] == [(1_900_000_000, 1000.0), (2_910_000_000, 2000.0)]


def test_hgrm_is_monotone_and_ends_with_the_maximum() -> None:
    histogram = Histogram()
    values = np.random.default_rng(3).lognormal(1, 0.7, 50_000)
    histogram.add(values)
    lines = "".join(hgrm_lines(histogram)).splitlines()
    table = [[float(cell) for cell in line.split()] for line in lines[2:] if not line.startswith("#")]
    assert lines[0].split() == ["Value", "Percentile", "TotalCount", "1/(1-Percentile)"]
    columns = np.array(table).T
    for column in columns[:3]:
        assert (np.diff(column) >= 0).all()
    assert columns[0][-1] == pytest.approx(values.max(), abs=5e-4)
    assert (columns[1][0], columns[1][-1], columns[2][-1]) == (0.0, 1.0, 50_000)
    for value, percentile, *_ in table:
        true = np.percentile(values, percentile * 100, method="inverted_cdf")
        assert true * 0.999 - 1e-3 <= value <= true * 1.009 + 1e-3
    assert lines[-2].startswith("#[Mean")
    assert float(lines[-2].split("=")[1].split(",")[0]) == pytest.approx(values.mean(), abs=1e-3)


def test_hgrm_of_nothing() -> None:
    assert len("".join(hgrm_lines(Histogram())).splitlines()) == 2


def test_a_pipe_is_written_to_and_not_replaced(file: SessionReader, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(
        target=export.main, args=([file.path, "--to", "csv", "-o", str(pipe)],), kwargs={"standalone_mode": False}
    )
    writer.start()
    with pipe.open() as source:
        lines = source.readlines()
    writer.join()
    assert len(lines) == COUNT + 1
    assert pipe.is_fifo()
