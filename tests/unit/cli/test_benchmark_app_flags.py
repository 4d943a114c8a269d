"""The flags of `ovtui benchmark_app`: what the C++ program spells otherwise, what only ovtui takes, and the sentences.
tests/property/test_benchmark_app_reading.py holds the reading beside benchmark_app's own."""

from __future__ import annotations

from typing import Any

import click
import pytest

from ovtui.cli.benchmark_app.flag_table import FLAGS
from ovtui.cli.benchmark_app.flags import parse

MODEL = ["-m", "m.xml"]


def refusal(*words: str, model: bool = True) -> str:
    with pytest.raises(click.UsageError) as found:
        parse([*(MODEL if model else []), *words])
    return found.value.message


@pytest.mark.parametrize(
    ("words", "name", "value"),
    [
        (["--hint", "latency"], "perf_hint", "latency"),
        (["--niter=5"], "number_iterations", 5),
        (["--d", "GPU"], "target_device", "GPU"),
        (["--t=5"], "time_s", 5),
        (["-cache_dir", "c"], "cache_dir", "c"),
        (["-load_from_file"], "load_from_file", True),
        (["-load_from_file=false"], "load_from_file", False),
        (["-noload_from_file"], "load_from_file", False),
        (["-mean_values", "[1]"], "mean_values", "[1]"),
        (["-scale_values=[2]"], "scale_values", "[2]"),
        (["-target_device", "GPU"], "target_device", "GPU"),
        (["-pc=false"], "perf_counts", False),
        (["--nopc"], "perf_counts", False),
        (["-no_warmup=false"], "no_warmup", False),
        (["-inference_only=false"], "inference_only", False),
        (["-inference_only"], "inference_only", True),
        (["-use_device_mem"], "use_device_mem", True),
        (["-latency_percentile", "50,90,99"], "latency_percentiles", (50, 90, 99)),
        (["-ip", "FP16"], "input_precision", "f16"),
        (["-ip", "bool"], "input_precision", "boolean"),
        (["-op", "BF16"], "output_precision", "bf16"),
        (["-iop", "a:0:U8, b : fp32"], "input_output_precision", "a:0:u8,b:f32"),
        (["-i", "a.png", "-i", "b.png", "c.png"], "paths_to_input", ("a.png", "b.png", "c.png")),
        (["-b", ""], "batch_size", None),
        (["-b", "0"], "batch_size", 0),
        (["--explain"], "explain", True),
    ],
)
def test_spellings(words: list[str], name: str, value: Any) -> None:
    assert getattr(parse([*MODEL, *words]), name) == value


def test_the_model_may_be_spelt_as_in_cpp() -> None:
    assert parse(["--m", "m.xml"]).path_to_model == "m.xml"
    assert parse(["--path_to_model=m.xml"]).path_to_model == "m.xml"


def test_help_ends_the_reading() -> None:
    assert parse(["-h"]).help
    assert parse([*MODEL, "-t", "5", "--help", "-nothing_known"]).help


def test_what_was_given_is_told_in_order() -> None:
    words = ["-m", "m.xml", "-t=5", "-i", "a", "b", "-pc", "--perf_hint", "latency", "-hint", "none"]
    found = parse(words)
    assert found.given == (
        ("-m", "m.xml"), ("-t", "5"), ("-i", "b"), ("-pc", ""), ("--perf_hint", "latency"), ("-hint", "none"),
    )  # fmt: skip
    assert found.is_given("perf_hint")
    assert found.spelling("perf_hint") == "-hint"
    assert not found.is_given("layout")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["-hnt", "latency"], "-hnt: no such flag, did you mean -hint?"),
        (["stray"], "'stray': no flag takes this value"),
        (["-data", "[1]"], "-data is short for several flags: -d, -data_shape; write more of it"),
        (["--c", "k.xml"], "--c is -c to benchmark_app in C++ and --cache_dir in Python; write one of these"),
        (["-t"], "-t: a value is missing"),
        (["-t", "0"], "-t: '0' is not a whole number from 1"),
        (["-niter", "-1"], "-niter: '-1' is not a whole number from 0"),
        (["-hint", "latncy"], "-hint: 'latncy' is not one of throughput, tput, cumulative_throughput, ctput, latency, "
                              "none; did you mean latency?"),
        (["-pc", "maybe"], "-pc: 'maybe' is neither true nor false"),
        (["-max_irate", "nan"], "-max_irate: 'nan' is not a number of frames per second from 0"),
        (["-latency_percentile", "50,101"],
         "-latency_percentile: '101' is not a percentile: write whole numbers from 1 to 100"),
        (["-b", "1..8"], "-b: '1..8' leaves the batch open; write -shape '[?,3,224,224]' for that"),
        (["-report_type", "sort_detailed_counters"],
         "-report_type: sort_detailed_counters is written as detailed_counters -pcsort sort here"),
        (["-iop", "f16"], "-iop: 'f16' names no input or output; write name:f16,other:u8"),
        (["-nstreams", "2", "-pin", "YES"],
         "-nstreams and -pin: benchmark_app takes streams, threads and pinning with -hint none alone; add it"),
        (["-d", "MULTI:CPU", "-report_type", "average_counters"],
         "-report_type average_counters: with MULTI there are detailed_counters alone"),
        (["-api", "sync", "-niter", "2", "-nireq", "4"],
         "-nireq 4: -api sync has to run each infer request, and -niter 2 is less"),
        (["-lfile", "--mean_values", "[1]"],
         "--mean_values: -load_from_file takes none; set it where the model is made"),
        (["-d", "GPU", "-use_device_mem"],
         "-use_device_mem: ovtui keeps inputs and outputs in the host's memory; leave it out"),
    ],
)  # fmt: skip
def test_refusals(words: list[str], sentence: str) -> None:
    assert (
        refusal(*words).replace("'maybe'", "maybe").replace("'nan'", "nan") == sentence or refusal(*words) == sentence
    )


def test_a_model_is_needed() -> None:
    assert refusal("-d", "CPU", model=False) == "-m: the model is missing; write -m model.xml"


def test_precisions_of_a_blob() -> None:
    with pytest.raises(click.UsageError, match=r"-ip and -iop: a compiled model \(\.blob\) takes none"):
        parse(["-m", "m.blob", "-ip", "u8", "-iop", "a:u8"])
    assert parse(["-m", "m.blob"]).is_blob  # which benchmark_app in Python refuses


def test_each_flag_is_described_once() -> None:
    spellings = [each for flag in FLAGS for each in flag.spellings]
    assert len(spellings) == len(set(spellings))
    assert len([flag for flag in FLAGS if flag.name != "explain"]) == 40
    assert all(flag.help.endswith(".") for flag in FLAGS)
