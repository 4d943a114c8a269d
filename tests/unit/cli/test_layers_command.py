"""`ovtui layers` apart from the profiling: its flags, its text, its files."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner, Result

from ovtui.cli.layers_text import layers_lines
from ovtui.cli.root import ovtui
from ovtui.host import layers_profiler
from ovtui.host.layers_profiler import NotProfiled
from ovtui.records.layers import Doing, Layers, LayerTimes
from ovtui.settings.schema.settings import Settings
from ovtui.settings.shown_text import width_of

sys.path.append(str(Path(__file__).parents[1] / "metrics" / "layers"))
from made_layers import layer, made

LONG = "__module.encoder.layer.11.attention.self/aten::scaled_dot_product_attention/ScaledDotProductAttention"
CPU = made(
    "CPU",
    layer("in", 0, None, type="Parameter", exec_type="unknown_f32", status="NOT_RUN"),
    layer(LONG, 1, 1234.5),
    layer("conv", 2, 450.0, ["conv", "relu"], exec_type="brgconv_avx512_bf16", precision="bf16"),
    layer("relu", 3, None, in_graph=False, part_of="conv", status="NOT_RUN", type="Relu", exec_type=""),
    layer("tiny", 4, 0.0),
    notes=["CPU would have 2 streams"],
)
GPU = made("GPU", layer("conv", 0, 900.0), layer(LONG, 1, 600.0), layer("added", 2, 3.0, []))


class Asked:
    """Stands in for the processes that profile."""

    def __init__(self) -> None:
        self.asked: list[tuple[Settings, dict[str, Any]]] = []
        self.answers: dict[str, Layers | NotProfiled] = {"CPU": CPU, "GPU": GPU, "AUTO": CPU}

    def __call__(self, settings: Settings, *, on_step: Any, **more: Any) -> Layers:
        self.asked.append((settings, more))
        on_step(Doing("compiling"))
        answer = self.answers[settings.device]
        if isinstance(answer, NotProfiled):
            raise answer
        return msgspec.structs.replace(answer, graph_xml=f"<net name='{settings.device}'/>" if more["graph"] else "")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    stand_in = Asked()
    monkeypatch.setattr(layers_profiler, "profile_layers", stand_in)
    return stand_in


def run(*arguments: str) -> Result:
    return CliRunner().invoke(ovtui, ["layers", *arguments])


def test_the_table_of_one_device() -> None:
    assert layers_lines([CPU]) == [
        "model        m.xml on CPU (Some CPU)",
        "inferences   100 profiled, in turns with untouched ones; one in flight",
        "untouched    1.00 ms (0.900 to 1.10) an inference",
        "profiled     1.10 ms (0.990 to 1.21); profiling costs +10 % (8 to 12 %)",
        "layers       0.900 ms (0.810 to 0.990) together",
        "unexplained  0.200 ms (0.180 to 0.220), 18.2 % of a profiled inference",
        "note         CPU would have 2 streams",
        "",
        "layer                               type         p50 ms  p95 ms   share   cumul.",
        "__module.encoder.…ProductAttention  Convolution    1.23    2.47  73.3 %   73.3 %",
        "conv                                Convolution   0.450   0.900  26.7 %  100.0 %",
        "tiny                                Convolution  <0.001  <0.001   0.0 %  100.0 %",
        "",
        "not shown: 2 without a time of their own (1 went into other layers), which",
        "--verbose shows",
    ]


@pytest.mark.parametrize("width", [60, 80, 100, 132, 200])
@pytest.mark.parametrize("devices", [[CPU], [CPU, GPU]])
def test_the_text_fits_the_width_and_long_names_end_whole_where_it_holds_them(
    devices: list[Layers], width: int
) -> None:
    lines = layers_lines(devices, width=width, whole=True)
    assert max(map(width_of, lines)) <= width
    assert any(LONG in line for line in lines) == (width == 200)
    if devices == [CPU]:
        assert any("brgconv" in line for line in lines) == (width >= 100)


def test_two_devices_stand_beside_each_other() -> None:
    lines = layers_lines([CPU, GPU])
    assert [line.split()[1:] for line in lines[-4:]] == [
        ["Convolution", "1:1", "1.23", "0.600", "0.486"],
        ["Convolution", "1:1", "0.450", "0.900", "2"],
        ["Convolution", "0:1", "–", "0.003", "–"],
        ["Convolution", "1:0", "<0.001", "–", "–"],
    ]
    assert lines[-5].split() == ["layer", "type", "layers", "CPU", "ms", "GPU", "ms", "GPU/CPU"]


def test_the_view_is_of_the_table_alone(asked: Asked, tmp_path: Path) -> None:
    path = tmp_path / "l.csv"
    done = run("m.xml", "-d", "CPU", "--sort", "name", "--top", "1", "--filter", "Conv", "--csv", str(path))
    assert done.exit_code == 0
    assert next(line for line in done.stdout.splitlines() if "Convolution" in line).startswith("__module")
    assert "not shown: 2 more layers with a time; 2 that the filter leaves out" in done.stdout
    assert len(list(csv.reader(path.open()))) == 1 + len(CPU.layers)


def test_nothing_found_is_said(asked: Asked) -> None:
    assert "no layer has all of these words: no such" in run("m.xml", "-d", "CPU", "--filter", "no such").stdout


def test_the_devices_are_profiled_one_after_the_other_with_the_same_settings(asked: Asked, tmp_path: Path) -> None:
    graph = tmp_path / "g.xml"
    arguments = ["m.xml", "-d", "CPU", "-d", "GPU", "--hint", "latency", "--inferences", "7", "--time-limit", "9"]
    done = run(*arguments, "--exec-graph", str(graph), "--json", "-")
    assert done.exit_code == 0
    assert [settings.device for settings, _ in asked.asked] == ["CPU", "GPU"]
    assert {settings.hint for settings, _ in asked.asked} == {"latency"}
    assert [more for _, more in asked.asked] == [{"inferences": 7, "graph": True, "limit_s": 9.0}] * 2
    assert [each["head"]["device"] for each in json.loads(done.stdout)["devices"]] == ["CPU", "GPU"]
    assert (tmp_path / "g-CPU.xml").read_text() == "<net name='CPU'/>"
    assert (tmp_path / "g-GPU.xml").read_text() == "<net name='GPU'/>"
    assert not graph.exists()


def test_without_a_device_it_is_the_one_in_force(asked: Asked) -> None:
    assert run("m.xml").exit_code == 0
    assert [settings.device for settings, _ in asked.asked] == ["AUTO"]


def test_a_device_that_is_given_twice_is_one(asked: Asked) -> None:
    run("m.xml", "-d", "CPU", "-d", "CPU")
    assert len(asked.asked) == 1


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["-d", "CPU", "-d", "GPU", "-d", "NPU"], "-d: 3 devices are given; two can stand beside each other"),
        (["-d", "CPU", "--rate", "5"], "No such option"),
        (["-d", "CPU", "--csv", "/no/such/folder/x.csv"], "--csv /no/such/folder/x.csv: there is no folder"),
        (["-d", "CPU", "--exec-graph", "/no/such/folder/x.xml"], "--exec-graph /no/such/folder/x.xml: there is no"),
        (["-d", "CPU", "--json", "/no/such/folder/x.json"], "--json /no/such/folder/x.json: there is no folder"),
        (["-d", "CPU", "--top", "0"], "Invalid value for '--top'"),
        (["-d", "CPU", "--inferences", "0"], "Invalid value for '--inferences'"),
    ],
)
def test_what_cannot_be_done_is_refused_before_anything_is_measured(
    asked: Asked, arguments: list[str], text: str
) -> None:
    done = run("m.xml", *arguments)
    assert done.exit_code == 2
    assert text in done.stderr
    assert asked.asked == []


def test_two_files_of_one_name_are_refused(asked: Asked, tmp_path: Path) -> None:
    path = str(tmp_path / "x")
    done = run("m.xml", "-d", "CPU", "--csv", path, "--json", path)
    assert (done.exit_code, asked.asked) == (2, [])
    assert "--csv writes that file already" in done.stderr


@pytest.mark.parametrize(("misused", "code"), [(True, 2), (False, 4)])
def test_what_cannot_be_profiled_is_a_sentence_and_an_exit_code(asked: Asked, misused: bool, code: int) -> None:
    asked.answers["CPU"] = NotProfiled("the reason", "the whole text", misused=misused)
    done = CliRunner().invoke(ovtui, ["layers", "m.xml", "-d", "CPU"], standalone_mode=False)
    assert (done.return_value, done.stdout) == (code, "")
    assert "ovtui: the reason" in done.stderr
    assert "the whole text" not in done.stderr
    assert "    the whole text" in run("m.xml", "-d", "CPU", "--verbose").stderr


def test_the_csv_goes_to_stdout_in_place_of_the_table(asked: Asked) -> None:
    done = run("demo-cnn", "-d", "CPU", "--csv", "-")
    assert done.exit_code == 0
    assert [row["name"] for row in csv.DictReader(done.stdout.splitlines())] == [each.name for each in CPU.layers]
    assert not Path("-").exists()


@pytest.mark.parametrize("both", [("--csv", "-", "--json", "-"), ("--exec-graph", "-")])
def test_what_cannot_go_to_stdout_is_refused(asked: Asked, both: tuple[str, ...]) -> None:
    assert run("demo-cnn", "-d", "CPU", *both).exit_code == 2
    assert not asked.asked


@pytest.mark.parametrize(
    ("given", "hint"),
    [((), "latency"), (("--hint", "throughput"), "throughput"), (("--hint", "none"), "none"),
     (("--preset", "auto-throughput"), "throughput"), (("--set", "PERFORMANCE_HINT=THROUGHPUT"), "throughput")],
)  # fmt: skip
def test_where_no_hint_is_given_it_is_latency(asked: Asked, given: tuple[str, ...], hint: str) -> None:
    done = run("demo-cnn", "-d", "CPU", *given)
    assert done.exit_code == 0, done.output
    assert asked.asked[0][0].hint == hint


def test_the_help_tells_the_hint_that_is_taken() -> None:
    assert "latency where nothing says it" in " ".join(run("--help").output.split())


def test_the_schema_is_printed_without_a_model() -> None:
    assert "LayersResult" in json.loads(run("--json-schema").stdout)["$ref"]


def test_names_cannot_move_the_cursor() -> None:
    evil: LayerTimes = layer("\x1b[2J", 0, 5.0)
    assert all(line.isprintable() for line in layers_lines([made("CPU", evil, full_name="\x1b[1m")]))
