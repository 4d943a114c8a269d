"""What `ovtui layers` writes for programs."""

from __future__ import annotations

import csv
import io
import json

import msgspec
from made_layers import layer, made

from ovtui.metrics.layers.result import LayersResult, csv_lines, json_schema, layers_result, to_json
from ovtui.settings.schema.settings import Settings

CPU = made(
    "CPU",
    layer("in", 0, None, status="NOT_RUN"),
    layer("a", 1, 10.0),
    layer("conv, \x1b[1m", 2, 30.0, ["conv", "relu"], mean_cpu_us=None),
    layer("relu", 3, None, in_graph=False, part_of="conv", status="NOT_RUN"),
)
GPU = made("GPU", layer("conv", 0, 15.0))


def test_the_json_has_all_layers_in_the_order_of_execution_and_their_shares() -> None:
    data = to_json(layers_result(Settings(model="m.xml"), [CPU, GPU]))
    assert b"\x1b" not in data
    found = msgspec.json.decode(data, type=LayersResult)
    told = found.devices[0].layers
    assert [(each.order, each.share, each.cumulative_share) for each in told] == [
        (0, None, None),
        (1, 0.25, 1.0),
        (2, 0.75, 0.75),
        (3, None, None),
    ]
    assert found.devices[0].head == CPU.head
    assert [(group.name, group.ratio) for group in found.beside] == [("a", None), ("conv, \x1b[1m", 0.5)]


def test_of_one_device_nothing_stands_beside() -> None:
    assert json.loads(to_json(layers_result(Settings(), [CPU])))["beside"] == []


def test_the_csv_has_a_row_a_layer_and_empty_cells_for_what_is_not_known() -> None:
    text = "".join(csv_lines(layers_result(Settings(), [CPU, GPU])))
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [(row["device"], row["order"], row["median_us"]) for row in rows] == [
        ("CPU", "0", ""), ("CPU", "1", "10"), ("CPU", "2", "30"), ("CPU", "3", ""), ("GPU", "0", "15"),
    ]  # fmt: skip
    conv = rows[2]
    assert (conv["name"], conv["original_names"], conv["mean_cpu_us"]) == ("conv, \x1b[1m", "conv,relu", "")
    assert (conv["p95_us"], conv["share"], conv["in_graph"]) == ("60", "0.75", "1")
    assert (rows[3]["in_graph"], rows[3]["part_of"]) == ("0", "conv")


def test_every_key_of_the_json_is_in_the_schema() -> None:
    schema = json.loads(json_schema())
    assert set(schema["$defs"]["ToldLayer"]["properties"]) >= {"name", "share", "cumulative_share", "original_names"}
