"""What each flag of benchmark_app becomes in ovtui's settings and in ovtui's own command."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import click
import pytest

from ovtui.cli.benchmark_app.explain import command_line, explanation
from ovtui.cli.benchmark_app.flags import parse
from ovtui.cli.benchmark_app.translation import Translation, translate
from ovtui.cli.options import settings_from
from ovtui.cli.run import run
from ovtui.settings.schema.settings import Settings, fields

ALWAYS = {
    "model": "m.xml", "device": "CPU", "hint": "throughput", "api": "async", "state": "keep", "duration_s": 60.0,
    "end_rule": "benchmark_app", "warm_up": "first", "input_precision": "u8-pictures", "fill_inputs": "benchmark_app",
}  # fmt: skip
"""Without a flag."""
REQUESTS = "PERFORMANCE_HINT_NUM_REQUESTS"
FROM_FILES = {"color": "bgr", "data_shape": "files"}


def translated(line: str) -> Translation:
    return translate(parse(["-m", "m.xml", *shlex.split(line)]))


def told(settings: Settings) -> dict[str, Any]:
    """What is not as by default."""
    return {
        name: getattr(settings, name) for name, field in fields().items() if getattr(settings, name) != field.default
    }


def refusal(line: str) -> str:
    with pytest.raises(click.UsageError) as found:
        translated(line)
    return found.value.message


CASES: dict[str, dict[str, Any]] = {
    "": {},
    # limits
    "-t 5": {"duration_s": 5.0},
    "-niter 7": {"requests": 7, "duration_s": 0.0},
    "-niter 7 -t 5": {"requests": 7, "duration_s": 5.0},
    "-d AUTO": {"device": "AUTO", "duration_s": 120.0, "probe": "no"},
    "-d AUTO:GPU,CPU": {"device": "AUTO:GPU,CPU", "probe": "no"},
    "-d BATCH:CPU(4)": {"device": "BATCH:CPU(4)", "probe": "no"},
    # the hint, the API, requests in flight
    "-hint latency": {"hint": "latency", "api": "sync"},
    "-hint latency -api async": {"hint": "latency", "api": "async"},
    "-api sync": {"hint": "latency", "api": "sync"},
    "-api sync -hint tput": {"api": "sync"},
    "-hint ctput": {"hint": "cumulative_throughput"},
    "-nireq 1": {"nireq": 1},
    "-nireq 4": {"nireq": 4, "api": "auto"},
    "-hint none -nireq 4": {"hint": "none", "nireq": 4, "api": "auto", "properties": {REQUESTS: "4"}},
    "-api sync -nireq 1": {"hint": "latency", "api": "sync", "nireq": 1},
    "-api sync -nireq 4 -t 1": {
        "hint": "latency", "api": "sync", "duration_s": 1.0, "properties": {REQUESTS: "4"},
    },
    "-d HETERO:CPU -hint latency": {"device": "HETERO:CPU", "hint": "none", "api": "sync", "probe": "no"},
    # the rate
    "-max_irate 90": {"rate": 90.0, "api": "auto"},
    "-max_irate 100 -b 3": {"rate": 100 / 3, "api": "auto", "batch_size": 3, "auto_batching": "no"},
    "-max_irate 90 -api sync": {
        "rate": 90.0, "api": "auto", "hint": "latency", "nireq": 1, "properties": {REQUESTS: "0"},
    },
    "-max_irate 90 -api sync -nireq 1": {"rate": 90.0, "api": "auto", "hint": "latency", "nireq": 1},
    # the device's properties
    "-hint none -nstreams 2": {"hint": "none", "nstreams": "2"},
    "-hint none -nstreams CPU:2": {"hint": "none", "nstreams": "2"},
    "-hint none -nstreams -1": {"hint": "none", "nstreams": "AUTO"},
    "-hint none -nthreads 3 -pin NO": {"hint": "none", "nthreads": 3, "properties": {"ENABLE_CPU_PINNING": "NO"}},
    "-d MULTI:GPU,CPU -hint none -nstreams 2 -nthreads 3": {
        "device": "MULTI:GPU,CPU", "hint": "none", "probe": "no",
        "properties": {"GPU.NUM_STREAMS": "2", "CPU.NUM_STREAMS": "2", "CPU.INFERENCE_NUM_THREADS": "3"},
    },
    "-d AUTO:GPU,CPU -infer_precision CPU:bf16,GPU:FP16": {
        "device": "AUTO:GPU,CPU", "probe": "no",
        "properties": {"CPU.INFERENCE_PRECISION_HINT": "bf16", "GPU.INFERENCE_PRECISION_HINT": "f16"},
    },
    "-d AUTO -hint none -nthreads 3": {
        "device": "AUTO", "hint": "none", "probe": "no", "duration_s": 120.0, "nthreads": 3,
    },
    "-infer_precision bf16": {"precision": "bf16"},
    "-d GPU -c k.xml": {"device": "GPU", "probe": "no", "properties": {"GPU.CONFIG_FILE": "k.xml"}},
    "-c k.xml": {},
    "-d GPU -hint none -pin YES": {
        "device": "GPU", "hint": "none", "probe": "no", "properties": {"ENABLE_CPU_PINNING": "YES"},
    },
    "-cdir cache": {"cache_dir": "cache"},
    # the model
    "-b 4": {"batch_size": 4, "auto_batching": "no"},
    "-b 0": {"auto_batching": "no"},
    "-shape [1,3,8,8]": {"shape": "[1,3,8,8]"},
    "-shape '[?,3,8..16,-1]'": {"shape": "[?,3,8..16,-1]"},
    "-shape 'a[1,3], b c[1,4],x:0[2]'": {"shape": 'a[1,3],"b c"[1,4],"x:0"[2]'},
    "-data_shape [1,3][1,4]": {"data_shape": "[1,3],[1,4]"},
    "-data_shape a[1,3][1,4],b[2] -b 4": {
        "data_shape": "a[1,3][1,4],b[2]", "auto_batching": "no",
    },
    "-data_shape [1,3] -inference_only": {"data_shape": "[1,3]", "fill_inputs": "kept"},
    "-inference_only=false": {"fill_inputs": "each"},
    "-layout image[NHWC],mask[NC]": {"layout": "image[NHWC],mask[NC]"},
    "--mean_values [1,2,3] --scale_values a[4]": {"mean_values": "[1,2,3]", "scale_values": "a[4]"},
    "-extensions a.so,b.so": {"extensions": "a.so,b.so"},
    "-lfile": {"load_from_file": "yes", "input_precision": "default"},
    "-ip FP32": {"input_precision": "f32"},
    "-op f16": {"output_precision": "f16"},
    "-iop 'a:u8, x:0:f16'": {"input_precision": 'u8-pictures,a:u8,"x:0":f16', "output_precision": 'a:u8,"x:0":f16'},
    "-ip f32 -iop a:u8": {"input_precision": "f32,a:u8", "output_precision": "a:u8"},
    # the input data
    "-i cat.png": {"input": "cat.png", **FROM_FILES},
    "-i 'my cat.png'": {"input": '"my cat.png"', **FROM_FILES},
    "-i a.png,b.png -i c.png": {"input": "[a.png],[b.png],[c.png]", **FROM_FILES},
    "-i a:2.png,1.png,b:3.bin": {"input": "a[1.png][2.png],b:3.bin", **FROM_FILES},
    "-i a:1.png b:/data/x.npy": {"input": "a:1.png,b:/data/x.npy", **FROM_FILES},
    "-i a.npy -data_shape [4,32]": {"input": "a.npy", "color": "bgr", "data_shape": "[4,32]"},
    "-i random": {},
    "-i a:random,b:1.npy": {"input": "b:1.npy", **FROM_FILES},
    # what is printed and written
    "-no_warmup": {"warm_up": "none"},
    "-pc -pcsort sort -report_type detailed_counters -exec_graph_path g.xml -pcseq -latency_percentile 90": {},
    "-use_device_mem": {},
}  # fmt: skip


@pytest.mark.parametrize("line", CASES)
def test_settings_and_command(line: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    found = translated(line)
    wanted = {**ALWAYS, **CASES[line]}
    assert told(found.settings) == {name: value for name, value in wanted.items() if value != fields()[name].default}
    assert found.command[:2] == ("ovtui", "run")
    assert as_clicks_parser_reads(found) == found.settings


def as_clicks_parser_reads(found: Translation) -> Settings:
    """The settings that a shell and `ovtui run` make of the command."""
    words = shlex.split(command_line(found))[2:]
    given = run.make_context("run", [word for word in words if word != "--compile-only"]).params
    return settings_from({name: value for name, value in given.items() if name in {*fields(), "model", "preset"}})


def test_compile_only_has_nothing_of_a_load() -> None:
    found = translated("-niter 0 -t 5 -nireq 2 -max_irate 7 -hint latency")
    assert told(found.settings) == {
        "model": "m.xml", "device": "CPU", "hint": "latency", "nireq": 1, "input_precision": "u8-pictures",
        "properties": {REQUESTS: "2"},
    }  # fmt: skip
    assert found.command[3] == "--compile-only"
    assert as_clicks_parser_reads(found) == found.settings


def test_the_rate_waits_for_the_batch_that_only_the_model_tells() -> None:
    found = translated("-max_irate 120")
    assert found.frames_per_s == 120
    assert found.settings_for_batch(8).rate == 15
    assert translated("-max_irate 120 -b 4").settings_for_batch(8).rate == 30


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("-shape 1,3", "-shape '1,3': write values in brackets: [1,3,224,224] or input1[1,3,224,224],input2[1,4]"),
        ("-shape [1],[2]",
         "-shape '[1],[2]': brackets without a name are those of all inputs; name every input, or none"),
        ("-shape a[1][2]", "-shape: a has one value, and [1][2] are 2"),
        ("-layout NCHW", "-layout 'NCHW': write values in brackets: [NCHW] or input1[NCHW],input2[NC]"),
        ("-data_shape [1][2] -inference_only",
         "-inference_only: data of several shapes has to be filled in before each inference; leave it out"),
        ("-data_shape [1][2] -api sync",
         "-api sync: benchmark_app takes several data shapes with -api async alone; -nireq 1 with it is like sync"),
        ("-hint none -nstreams GPU:2", "-nstreams GPU:2: GPU is not in -d CPU, which has CPU"),
        ("-hint none -nstreams 0", "-nstreams 0: '0' is not a number from 1, AUTO or NUMA"),
        ("-hint none -nstreams 1,CPU:2", "-nstreams 1,CPU:2: a value for each device, or one for all of them"),
        ("-d AUTO:GPU,CPU -hint none -nstreams 2",
         "-nstreams 2: AUTO takes it by device alone (benchmark_app drops it); write -nstreams GPU:2,CPU:2"),
        ("-infer_precision int8", "-infer_precision int8: 'int8' is not f32, f16 or bf16"),
        ("-i image_info",
         "-i: image_info: ovtui does not write the size of a picture into an input; give name:FILE.npy"),
        ("-i random,a.png", "-i: an input is random or filled from files, not both"),
        ("-i a.png -i b:c.png", "-i: 'a.png' has no name, and others do; write name:file for each"),
        ("-i a:", "-i 'a:': a file is missing for a"),
        ("-t 9999999", "-t: 9999999 s is out of range: at least 0 and at most 2e+06"),
        ("-d MULTI", "-d: MULTI has to be told its devices: write MULTI:GPU,CPU or the like"),
        ("-nireq 5000", "-nireq: 5000 is out of range: at least 0 and at most 4096"),
    ],
)  # fmt: skip
def test_refusals(line: str, sentence: str) -> None:
    assert refusal(line) == sentence


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("-c k.xml", "-c k.xml: its kernels are a GPU's, and -d CPU has none"),
        ("-d GPU -hint none -nthreads 2", "-nthreads 2: -d GPU has no such threads"),
        ("-d NPU -hint none -pin YES", "-pin YES: -d NPU has no such threads"),
        ("-d AUTO:GPU -hint none -pin YES", "-pin YES: -d AUTO:GPU has no such threads"),
        ("-use_device_mem", "-use_device_mem has no effect on a CPU"),
        ("-b 4 -data_shape [1,3]", "-b beside -data_shape"),
        ("-max_irate 5", "-max_irate is the rate of an open loop here"),
        ("-pc", "the layers are timed in a second engine"),
        ("--number_infer_requests 4", "--number_infer_requests counts as -nireq here"),
        ("--perf_hint none -pi YES", "--perf_hint counts as -hint here"),
    ],
)
def test_notes(line: str, words: str) -> None:
    assert any(note.startswith(words) for note in translated(line).notes), translated(line).notes


def test_no_notes_where_nothing_is_otherwise() -> None:
    for line in ("", "-hint latency -t 5 -b 4 -i cat.png", "-d CPU -hint none -nstreams 2 -pin YES -nireq 2"):
        assert translated(line).notes == ()


class TestLoadConfig:
    def write(self, tmp_path: Path, config: Any) -> str:
        path = tmp_path / "config.json"
        path.write_text(config if isinstance(config, str) else json.dumps(config))
        return str(path)

    def test_properties_become_settings(self, tmp_path: Path) -> None:
        path = self.write(
            tmp_path,
            {
                "CPU": {
                    "PERFORMANCE_HINT": "LATENCY",
                    "NUM_STREAMS": "3",
                    "PERF_COUNT": "NO",
                    "KV_CACHE_PRECISION": "u8",
                }
            },
        )
        assert told(translated(f"-load_config {path}").settings) == {
            **ALWAYS, "hint": "latency", "nstreams": "3", "properties": {"KV_CACHE_PRECISION": "u8"},
        }  # fmt: skip

    def test_flags_win(self, tmp_path: Path) -> None:
        path = self.write(tmp_path, {"CPU": {"PERFORMANCE_HINT": "LATENCY", "NUM_STREAMS": 3, REQUESTS: "2"}})
        found = translated(f"-load_config {path} -hint none -nstreams 1 -nireq 4").settings
        assert (found.hint, found.nstreams, found.properties) == ("none", "1", {REQUESTS: "4"})

    def test_properties_of_the_devices_behind_auto(self, tmp_path: Path) -> None:
        behind = "{CPU:{INFERENCE_PRECISION_HINT:f32,NUM_STREAMS:3},GPU.1:{NUM_STREAMS:5}}"
        path = self.write(tmp_path, {"AUTO": {"DEVICE_PROPERTIES": behind}, "CPU": {"NUM_STREAMS": "7"}})
        found = translated(f"-load_config {path} -d AUTO:GPU.1,CPU")
        assert found.settings.properties == {
            "CPU.INFERENCE_PRECISION_HINT": "f32", "CPU.NUM_STREAMS": "3", "GPU.1.NUM_STREAMS": "5",
        }  # fmt: skip
        assert found.notes == (f"-load_config {path}: -d AUTO:GPU.1,CPU takes nothing of what it says of CPU",)

    def test_a_device_takes_what_is_said_of_its_kind(self, tmp_path: Path) -> None:
        path = self.write(tmp_path, {"GPU": {"NUM_STREAMS": "2"}})
        assert translated(f"-load_config {path} -d GPU.1").settings.nstreams == "2"

    @pytest.mark.parametrize(
        ("content", "words"),
        [
            ("{", r"it is not JSON \(line 1\)"),
            ("[1]", "properties by device are expected"),
            ({"CPU": "fast"}, "'CPU' has no properties"),
            ({"CPU": {"NUM_STREAMS": [1]}}, "CPU: NUM_STREAMS is neither a text nor a number"),
            ({"CPU": {"NUM_STREAMS": None}}, "CPU: NUM_STREAMS is neither a text nor a number"),
            ({"AUTO": {"DEVICE_PROPERTIES": "CPU:{A:1}"}}, "AUTO: DEVICE_PROPERTIES is not written as"),
            ({"AUTO": {"DEVICE_PROPERTIES": "{CPU:A}"}}, "AUTO: DEVICE_PROPERTIES is not written as"),
            ({"CPU": {"NUM_STREAMS": "many"}}, "NUM_STREAMS is the setting streams"),
        ],
    )
    def test_refusals(self, tmp_path: Path, content: Any, words: str) -> None:
        path = self.write(tmp_path, content)
        with pytest.raises(click.UsageError, match=words) as found:
            translated(f"-load_config {path}")
        assert found.value.message.startswith(f"-load_config {path}: ")

    def test_no_file(self, tmp_path: Path) -> None:
        assert refusal(f"-load_config {tmp_path}/none.json").endswith("it cannot be read: No such file or directory")


def test_explanation() -> None:
    found = translated("-hint=none -nstreams 2 -i 'my cat.png' -pc false --explain")
    assert explanation(found).splitlines() == [
        "ovtui run m.xml -d CPU --hint none --api async --nstreams 2 --state keep -i '\"my cat.png\"' --fill-inputs "
        "benchmark_app --data-shape files --color bgr --input-precision u8-pictures -t 60 --end-rule "
        "benchmark_app --warm-up first",
        "",
        "-m         MODEL m.xml",
        "-hint      --hint none",
        "-nstreams  --nstreams 2",
        '-i         --input "my cat.png" --color bgr --data-shape files: where the model leaves shapes open, each file '
        "tells its own",
        "-pc        no times of layers, which is the default",
        "(always)   --device CPU: its default device",
        "(always)   --api async: its default for this hint",
        "(always)   --duration 60: its default time",
        "(always)   --input-precision u8-pictures: inputs that look like pictures in colour are u8",
        "(always)   --fill-inputs benchmark_app: filled once, of open shapes before each inference",
        "(always)   --state keep: a model with state keeps it from request to request",
        "(always)   --warm-up first: one inference before the load",
        "(always)   --end-rule benchmark_app: each infer request runs equally often",
    ]


def test_every_flag_is_explained() -> None:
    from ovtui.cli.benchmark_app.flag_table import FLAGS

    alone = {
        "number_streams": "-hint none -nstreams 2", "number_threads": "-hint none -nthreads 2",
        "infer_threads_pinning": "-hint none -pin YES", "time_s": "-t 5", "api_type": "-api sync",
        "number_iterations": "-niter 5", "perf_hint": "-hint none", "report_type": "-report_type no_counters",
        "perf_counts_sort": "-pcsort sort", "input_precision": "-ip u8", "output_precision": "-op u8",
        "input_output_precision": "-iop a:u8", "infer_precision": "-infer_precision f32", "shape": "-shape [1]",
        "data_shape": "-data_shape [1]", "layout": "-layout [N]", "mean_values": "--mean_values [1]",
        "scale_values": "--scale_values [1]", "target_device": "-d CPU", "number_infer_requests": "-nireq 2",
    }  # fmt: skip
    for flag in FLAGS:
        if flag.name in ("help", "path_to_model", "load_config"):
            continue
        line = alone.get(flag.name) or (flag.shown if flag.boolean else f"{flag.shown} 1")
        meanings = dict(translated(line).meanings)
        assert meanings[flag.shown], flag.name
