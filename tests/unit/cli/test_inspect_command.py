"""`ovtui inspect` apart from the model: its flags, its text, its JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner

from ovtui.cli.inspection_text import WIDTH, inspection_lines
from ovtui.cli.root import ovtui
from ovtui.host import inspector
from ovtui.host.inspector import NotInspected
from ovtui.records.device_verdicts import Batching, DeviceVerdict
from ovtui.records.inspection import InspectedInput, InspectedPort, InspectedVariable, Inspection
from ovtui.records.model_content import (
    ConstantCount,
    ModelContent,
    ModelSteps,
    OperationCount,
    Quantization,
)
from ovtui.settings.schema.settings import Settings

CONTENT = ModelContent(
    of="model",
    operations=[OperationCount(type=f"Kind{n}", count=12 - n) for n in range(10)],
    operations_total=75,
    opsets=["opset1", "opset13"],
    constants=[
        ConstantCount(type="i8", constants=3, elements=900, bytes=900),
        ConstantCount(type="f32", constants=2, elements=100, bytes=400),
    ],
    parameters=1000,
    parameters_bytes=1300,
    quantization=Quantization(
        fake_quantize=2, levels=[256], weights=[ConstantCount(type="i8", constants=3, elements=900, bytes=900)]
    ),
    preprocessing=[ModelSteps(input="x", steps=["Convert to f32", "Subtract 1 2 3"])],
    converter={"mean_values": "[1,2,3]"},
)


def port(name: str, shape: str = "[1,8]", **more: Any) -> dict[str, Any]:
    told = {"name": name, "names": [name], "option_name": name, "shape": shape, "type": "f32"}
    return {**told, **more}


def an_input(name: str, shape: str = "[1,8]", **more: Any) -> InspectedInput:
    told: dict[str, Any] = {
        "dynamic": "?" in shape,
        "batch_dimension": None,
        "request_shape": shape,
        "preparation": None,
    }
    told |= {"layout": None, "layout_from": None, "request_shape_from": "model"}
    return InspectedInput(**{**port(name, shape), **told, **more})


def inspection(*inputs: InspectedInput, **more: Any) -> Inspection:
    told: dict[str, Any] = {
        "schema": 1, "ovtui": "0", "openvino": "2026.4.1-1", "model": "m.xml", "file": "m.xml", "size_bytes": 1_500_000,
        "format": "OpenVINO IR", "format_version": "11", "device": None, "settings": {}, "inputs": list(inputs),
        "outputs": [InspectedPort(**port("y"))], "variables": [], "needs": None, "notes": [],
        "carried_inference": None, "command": ["ovtui", "run", "m.xml"], "weights_bytes": None, "devices": [],
        "suggested_shape": None, "content": CONTENT,
    }  # fmt: skip
    return Inspection(**{**told, **more})


def test_the_text_of_a_small_model() -> None:
    image = an_input("image", "[1,3,8,8]", layout="NCHW", layout_from="model", batch_dimension=0)
    assert inspection_lines(inspection(image, an_input("gain", "[3]"))) == [
        "model        m.xml",
        "format       OpenVINO IR v11, 1.5 MB (OpenVINO 2026.4.1)",
        "",
        "2 inputs:",
        "  name   shape      type  layout  batch",
        "  image  [1,3,8,8]  f32   NCHW    dim 0",
        "  gain   [3]        f32   –       –",
        "",
        "1 output:",
        "  name  shape  type",
        "  y     [1,8]  f32",
        "",
        "parameters   1,000 in 5 constants, 1 kB: i8 900 bytes, f32 400 bytes",
        "operations   75 of 10 types (opset1, opset13): Kind0 12, Kind1 11, Kind2 10,",
        "             Kind3 9, Kind4 8, Kind5 7, Kind6 6, Kind7 5, and 2 more types",
        "quantized    2 FakeQuantize (256 levels); 90.0 % of the parameters are i8",
        "prepares     x: Convert to f32, Subtract 1 2 3 (deduced from the graph)",
        "converted    with mean_values [1,2,3] (the file says)",
        "",
        "run          ovtui run m.xml",
    ]


def test_each_device_whose_batches_share_an_input_is_warned_of() -> None:
    def verdict(kind: str, own: int | None) -> DeviceVerdict:
        told = [
            Batching(device=kind, batches=own is not None, size=own, certainty="verified", why=None,
                     shared_inputs=["gain"] if own else []),
            Batching(device=f"BATCH:{kind}(4)", batches=True, size=4, certainty="verified", why=None,
                     shared_inputs=["gain"]),
        ]  # fmt: skip
        return DeviceVerdict(
            device=kind, full_name=None, present=True, why=None, unlisted=[], compiles=True, compile_ms=1.0,
            compile_why=None, optimal_batch_size=own, batching=told,
        )  # fmt: skip

    lines = inspection_lines(inspection(an_input("gain", "[]"), devices=[verdict("CPU", None), verdict("GPU", 64)]))
    warned = [line.split()[1] for line in lines if line.startswith("warning")]
    assert warned == ["BATCH:CPU(4):", "GPU:", "BATCH:GPU(4):"]
    assert "warning      GPU: the same with gain, in batches of 64 requests" in lines


def test_a_table_of_many_inputs_has_them_all_in_columns() -> None:
    names = [f"past_key_values.{n}.{kind}" for n in range(24) for kind in ("key", "value")]
    past = [an_input(name, "[?,4,?,8]", request_shape="[1,4,0,8]", request_shape_from="decoder") for name in names]
    variables = [InspectedVariable(id=f"v{n}", shape="[?,4]", type="f16") for n in range(2)]
    lines = inspection_lines(inspection(an_input("input_ids", "[?,?]"), *past, variables=variables))
    table = lines[lines.index("49 inputs:") + 2 :][:49]
    assert [line.split()[0] for line in table] == ["input_ids", *names]
    assert len({line.index("f32") for line in table}) == 1
    assert all(line.endswith("[1,4,0,8]") for line in table[1:])
    assert max(map(len, lines)) <= WIDTH
    state = lines.index("2 variables (state):")
    assert lines[state + 1 : state + 4] == ["  name  shape  type", "  v0    [?,4]  f16", "  v1    [?,4]  f16"]


def test_a_long_name_is_whole_on_a_line_of_its_own_and_control_characters_never_come() -> None:
    long = "model/" * 20 + "x"
    lines = inspection_lines(inspection(an_input(long), an_input("\x1b[31mred\n")))
    at = lines.index(f"  {long}")
    assert lines[at + 1].split() == ["[1,8]", "f32"]
    assert lines[at + 2].split() == ["\\x1b[31mred\\n", "[1,8]", "f32"]
    assert all(line.isprintable() for line in lines)
    assert max(len(line) for line in lines if long not in line) <= WIDTH


class Asked:
    """Stands in for the child process."""

    def __init__(self, answer: Inspection | NotInspected) -> None:
        self.answer = answer
        self.settings: Settings | None = None
        self.limit_s: float | None = 0.0
        self.device = ""

    def __call__(self, settings: Settings, limit_s: float | None, *, device: str) -> Inspection:
        self.settings, self.limit_s, self.device = settings, limit_s, device
        if isinstance(self.answer, NotInspected):
            raise self.answer
        return self.answer


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    stand_in = Asked(inspection(an_input("x\n")))
    monkeypatch.setattr(inspector, "inspect_model", stand_in)
    return stand_in


def test_the_flags_travel_to_the_child_and_into_the_command(asked: Asked) -> None:
    arguments = ["m.xml", "--shape", "x[1,3]", "-b", "2", "--layout=NC", "-i", "a b.npy", "--time-limit", "7", "--json"]
    done = CliRunner().invoke(ovtui, ["inspect", *arguments])
    assert asked.settings == Settings(model="m.xml", shape="x[1,3]", batch_size=2, layout="NC", input="a b.npy")
    assert (asked.limit_s, asked.device) == (7, "")
    found = json.loads(done.stdout)
    flags = ["--shape", "x[1,3]", "--batch-size", "2", "--input", "a b.npy", "--layout", "NC"]
    assert found["command"] == ["ovtui", "run", "m.xml", *flags]
    assert found["inputs"][0]["name"] == "x\n"


def test_what_the_command_sets_itself_is_not_set_twice(asked: Asked) -> None:
    asked.answer = inspection(command=["ovtui", "run", "m.xml", "--shape", "x[1,3],y[1]"])
    done = CliRunner().invoke(ovtui, ["inspect", "m.xml", "--shape", "x[1,3]", "-d", "CPU", "--json"])
    assert json.loads(done.stdout)["command"][3:] == ["--device", "CPU", "--shape", "x[1,3],y[1]"]
    assert (asked.limit_s, asked.device) == (None, "CPU")


def test_the_settings_come_from_all_their_layers(asked: Asked, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text('[settings]\nshape = "[1,4]"\nlayout = "NC"\n')
    preset = str(tmp_path / "mine.toml")
    done = CliRunner().invoke(ovtui, ["inspect", "m.xml", "--preset", preset, "--json"], env={"OVTUI_LAYOUT": "CN"})
    assert asked.settings == Settings(model="m.xml", shape="[1,4]", layout="CN"), done.output
    assert json.loads(done.stdout)["command"][3:] == ["--preset", preset]


def test_json_to_stdout_is_said_in_both_ways_and_never_takes_the_model_for_its_file(asked: Asked) -> None:
    said = [["--json", "m.xml"], ["m.xml", "--json"], ["m.xml", "--json", "-"], ["--json", "-", "m.xml"]]
    outputs = {CliRunner().invoke(ovtui, ["inspect", *arguments]).stdout for arguments in said}
    assert len(outputs) == 1
    assert msgspec.json.decode(outputs.pop(), type=Inspection) == asked.answer
    assert asked.settings is not None
    assert asked.settings.model == "m.xml"


def test_the_schema_knows_every_key_and_requires_it() -> None:
    done = CliRunner().invoke(ovtui, ["inspect", "--json-schema"])
    schema = json.loads(done.stdout)["$defs"]
    for struct in (Inspection, InspectedInput, InspectedVariable, ModelContent, DeviceVerdict):
        assert set(schema[struct.__name__]["required"]) == {*struct.__struct_fields__}


@pytest.mark.parametrize(("misused", "code"), [(False, 4), (True, 2)])
def test_no_answer_is_a_sentence_and_a_code(
    asked: Asked, misused: bool, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    asked.answer = NotInspected("no model", "all of it", misused=misused)
    from ovtui.cli.main import run

    assert run(["inspect", "m.xml"]) == code
    assert capsys.readouterr() == ("", "ovtui: no model\n")
    assert run(["inspect", "m.xml", "--verbose"]) == code
    assert capsys.readouterr() == ("", "ovtui: no model\n    all of it\n")
