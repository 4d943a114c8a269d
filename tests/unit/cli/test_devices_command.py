"""`ovtui devices` apart from the devices: its text at several widths, its JSON, what it refuses."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from ovtui.cli.devices_text import brief_lines, listing_lines
from ovtui.cli.main import run
from ovtui.host import device_lister
from ovtui.records.device_listing import DeviceListing, DevicesReport, ListedProperty
from ovtui.settings.shown_text import width_of


def prop(name: str, value: str | None, **more: Any) -> ListedProperty:
    told: dict[str, Any] = {
        "access": "RW", "settable": "compile", "type": "text", "unread": None, "choices": [], "unit": None,
        "help": None,
    }  # fmt: skip
    return ListedProperty(name=name, value=value, **{**told, **more})


def device(name: str, *properties: ListedProperty, **more: Any) -> DeviceListing:
    told: dict[str, Any] = {"kind": "physical", "present": True, "full_name": f"a {name}", "why": None}
    return DeviceListing(device=name, properties=list(properties), **{**told, **more})


def report(*devices: DeviceListing) -> DevicesReport:
    return DevicesReport(schema=1, ovtui="0", openvino="2026.4.1", devices=list(devices))


WORDS = "FP32, FP16, INT8, BIN, WINOGRAD, EXPORT_IMPORT, GPU_HW_MATMUL, GPU_USM_MEMORY"
CPU = device(
    "CPU",
    prop("NUM_STREAMS", "1", type="int", help="Inferences that the device runs in parallel."),
    prop("PERFORMANCE_HINT", "LATENCY", type="choice", choices=["LATENCY", "THROUGHPUT"], help="What it is tuned for."),
    prop("CPU_SPARSE_WEIGHTS_DECOMPRESSION_RATE", "1.0", type="float"),
    prop("OPTIMIZATION_CAPABILITIES", WORDS, type="list", access="RO", settable="no"),
    prop("DEVICE_TYPE", "INTEGRATED", type="choice", access="RO", settable="no"),
    prop("CACHE_DIR", ""),
    prop("WEIGHTS_PATH", None, access="WO", unread="it can be set and not be read"),
)
GPU = device(
    "GPU",
    prop("GPU_DEVICE_TOTAL_MEM_SIZE", "8589934592", type="int", access="RO", settable="no", unit="bytes"),
    full_name="Intel(R) Arc(TM) A770 Graphics (dGPU)\x1b[31m",
)
GONE = device("NPU", present=False, full_name=None, why="ovtui doctor says why")
SILENT = device("GPU.1", present=None, full_name=None, why="no answer in 4 s; --time-limit gives it longer")
BATCH = device("BATCH", prop("AUTO_BATCH_TIMEOUT", "1000", type="int", settable="live", unit="ms"), kind="virtual")


@pytest.mark.parametrize("width", [40, 60, 80, 120, 200])
def test_every_line_fits_and_every_word_is_there(width: int) -> None:
    lines = listing_lines(report(CPU, GPU, GONE, BATCH), width)
    assert max(map(width_of, lines)) <= width
    assert all(line.isprintable() for line in lines)
    text = " ".join(" ".join(lines).split())
    for word in (*WORDS.split(", "), "NUM_STREAMS", "CPU_SPARSE_WEIGHTS_DECOMPRESSION_RATE", "THROUGHPUT", "8.0 GiB"):
        assert word.rstrip(",") in text


def test_the_text_at_80_columns() -> None:
    assert listing_lines(report(CPU), 80) == [
        "CPU  a CPU  (7 properties)",
        "  OPTIMIZATION_CAPABILITIES  list    RO    FP32, FP16, INT8, BIN, WINOGRAD,",
        "                                           EXPORT_IMPORT, GPU_HW_MATMUL,",
        "                                           GPU_USM_MEMORY",
        "  DEVICE_TYPE                choice  RO    INTEGRATED",
        "  NUM_STREAMS                int     RW    1",
        "      Inferences that the device runs in parallel.",
        "  PERFORMANCE_HINT           choice  RW    LATENCY",
        "      What it is tuned for. One of LATENCY, THROUGHPUT.",
        "  CPU_SPARSE_WEIGHTS_DECOMPRESSION_RATE",
        "                             float   RW    1.0",
        "  CACHE_DIR                  text    RW    (empty)",
        "  WEIGHTS_PATH               text    WO    –",
        "      No value: it can be set and not be read.",
        "",
        "RO: a fact of the device. RW: set when a model is compiled (--set NAME=VALUE),",
        "in ovtui by a new engine. live: also while it runs. WO: set, never read.",
    ]


def test_what_changes_live_and_a_device_that_is_not_here() -> None:
    lines = listing_lines(report(BATCH, GONE, SILENT), 80)
    assert "  AUTO_BATCH_TIMEOUT  int     live  1000 ms" in lines
    assert "  not here: ovtui doctor says why" in lines
    assert "  no answer in 4 s; --time-limit gives it longer" in lines
    assert lines[-1] == "ovtui doctor looks at what a device that does not answer stands on."
    assert "doctor looks" not in listing_lines(report(BATCH, GONE), 80)[-1]


def test_brief_has_a_line_for_each_device_and_folds_it_on_a_terminal_alone() -> None:
    lines = brief_lines(report(CPU, GPU, GONE), None)
    assert len(lines) == 4
    assert lines[0].split() == ["DEVICE", "NAME", "TYPE", "DRIVER", "MEMORY", "CAPABILITIES"]
    assert lines[1].split() == ["CPU", "a", "CPU", "integrated", "–", "–", *WORDS.split()]
    assert "8.0 GiB" in lines[2]
    assert lines[3] == "NPU     not here: ovtui doctor says why"
    for width in (40, 80, 120, 200):
        folded = brief_lines(report(CPU, GPU, GONE), width)
        assert max(map(width_of, folded)) <= width
        assert {word for line in folded for word in line.split()} >= set(WORDS.split())


class Listed:
    def __init__(self, *devices: DeviceListing) -> None:
        self.devices = devices
        self.asked: Sequence[str] = ()

    def __call__(self, devices: Sequence[str], *, brief: bool, limit_s: float) -> DevicesReport:
        self.asked = devices
        assert (brief, limit_s) == (False, 4.0)
        return report(*self.devices)


@pytest.mark.parametrize(
    ("found", "named", "code", "said"),
    [
        ([CPU, GONE], [], 0, ""),
        ([CPU], ["CPU"], 0, ""),
        ([CPU, device("GPU", present=None, why="no answer in 4 s")], [], 1, ""),
        ([CPU, GONE], ["CPU", "NPU"], 4, "no device NPU here: ovtui doctor says why"),
        ([device("CPUU", present=False, why="none")], ["CPUU"], 4, "no device CPUU here; did you mean CPU?"),
        ([device("XYZ", present=False, why="x")], ["XYZ"], 4, "no device XYZ here: OpenVINO has no such device"),
    ],
)  # fmt: skip
def test_its_exit_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], found: list[DeviceListing], named: list[str],
    code: int, said: str,
) -> None:  # fmt: skip
    stand_in = Listed(*found)
    monkeypatch.setattr(device_lister, "list_devices", stand_in)
    assert run(["devices", *named]) == code
    assert list(stand_in.asked) == named
    printed = capsys.readouterr()
    assert printed.err == (f"ovtui: {said}\n" if said else "")
    if named:
        assert "not here" not in printed.out


@pytest.mark.parametrize(
    ("name", "code", "said"),
    [
        ("gpu", 4, "no device gpu here; did you mean GPU?"),
        ("Gpu.1", 4, "no device Gpu.1 here; did you mean GPU.1?"),
        ("AUTO:GPU,CPU", 2, "'AUTO:GPU,CPU': name the devices one by one: AUTO GPU CPU"),
        ("\x1b[31m", 2, r"'\x1b[31m' names no device; write CPU, GPU, GPU.1, NPU or AUTO"),
        ("", 2, "'' names no device"),
        ("G" * 5000, 4, "no device GGG"),
        ("../../etc", 2, "'../../etc' names no device"),
    ],
)
def test_names_that_name_no_device(capsys: pytest.CaptureFixture[str], name: str, code: int, said: str) -> None:
    assert run(["devices", name]) == code
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith(f"ovtui: {said}")
    assert printed.err.count("\n") == 1


def test_json_to_stdout_is_said_in_both_ways(
    monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    monkeypatch.setattr(device_lister, "list_devices", Listed(CPU))
    printed = set()
    for arguments in (["--json"], ["--json", "-"], ["CPU", "--json", "-"], ["--json", "-", "CPU"]):
        assert run(["devices", *arguments]) == 0
        printed.add(capsysbinary.readouterr().out)
    assert msgspec.json.decode(printed.pop(), type=DevicesReport) == report(CPU)
    assert not printed


@pytest.mark.parametrize("command", ["devices", "inspect"])
@pytest.mark.parametrize("limit", ["0", "-1", "nan", "inf", "1e300", "soon"])
def test_a_time_limit_is_a_number_of_seconds(capsys: pytest.CaptureFixture[str], command: str, limit: str) -> None:
    assert run([command, f"--time-limit={limit}"]) == 2
    assert capsys.readouterr().err.startswith("ovtui: Invalid value for '--time-limit': ")


def test_the_schema_requires_every_key(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["devices", "--json-schema"]) == 0
    schema = json.loads(capsys.readouterr().out)["$defs"]
    for struct in (DevicesReport, DeviceListing, ListedProperty):
        assert set(schema[struct.__name__]["required"]) == {*struct.__struct_fields__}
