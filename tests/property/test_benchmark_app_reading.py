"""The reading of benchmark_app's flags beside that of the benchmark_app in the wheel: the same values, or refused
by both."""

from __future__ import annotations

import contextlib
import io
import shlex
import sys
from typing import Any

import click
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from openvino.tools.benchmark import main as theirs

from ovtui.cli.benchmark_app.arguments import Arguments
from ovtui.cli.benchmark_app.explain import command_line, explanation
from ovtui.cli.benchmark_app.flag_table import OF_PYTHON, Flag
from ovtui.cli.benchmark_app.flags import parse
from ovtui.cli.benchmark_app.translation import Translation, translate
from ovtui.cli.options import settings_from
from ovtui.cli.run import run
from ovtui.settings.schema.settings import fields

VALUES: dict[str, list[str]] = {
    "path_to_model": ["m.xml", "a b.onnx"],
    "paths_to_input": ["cat.png", "a:cat.png", "folder,b.bin"],
    "target_device": ["CPU", "GPU.1", "AUTO:GPU,CPU", "MULTI:CPU,GPU"],
    "perf_hint": ["throughput", "tput", "ctput", "cumulative_throughput", "latency", "none", "LATENCY", "late"],
    "number_iterations": ["0", "1", "7", "+8", "-1", "1.5", "x", ""],
    "maximum_inference_rate": ["0", "30", "1e2", ".5", "fast"],
    "time_s": ["1", "30", "0", "-5", "2.5", "x"],
    "api_type": ["sync", "async", "Sync", "none"],
    "batch_size": ["1", "16", "0"],
    "number_infer_requests": ["1", "4", "0", "-1", "many"],
    "number_streams": ["1", "CPU:2", "AUTO", ""],
    "number_threads": ["0", "3", "x"],
    "infer_threads_pinning": ["YES", "NO", "yes", "NUMA"],
    "infer_precision": ["bf16", "CPU:f32"],
    "input_precision": ["u8", "f32", "f17", "i64"],
    "output_precision": ["u8", "f16", "x"],
    "input_output_precision": ["a:f16,b:u8"],
    "latency_percentiles": ["1", "50", "100", "0", "101", "x", "99.9"],
    "report_type": ["no_counters", "average_counters", "detailed_counters", "counters"],
    "perf_counts_sort": ["sort", "no_sort", "simple_sort", "simple"],
}
SWITCH_VALUES = ["true", "False", "1", "0", "yes", "N", "t", "maybe"]
TEXTS = ["x", "[1,3]", "a[1],b[2]", "/p/q.json", "a b"]
THEIR_NAMES = {"time": "time_s", "latency_percentile": "latency_percentiles"}


@st.composite
def spelled_flags(draw: st.DrawFn) -> list[str]:
    flag: Flag = draw(st.sampled_from([each for each in OF_PYTHON if each.name != "help"]))
    spelling = draw(st.sampled_from(flag.spellings))
    if draw(st.integers(0, 4)) == 0 and spelling.startswith("--"):
        spelling = spelling[: draw(st.integers(4, len(spelling)))]
    if flag.boolean:
        if flag.name == "no_warmup" or draw(st.booleans()):
            return [spelling]
        # There any word behind -load_from_file counts as true, also 'false'.
        value = draw(st.sampled_from(["true", "1"] if flag.name == "load_from_file" else SWITCH_VALUES))
    else:
        value = draw(st.sampled_from(VALUES.get(flag.name, TEXTS)))
    way = draw(st.sampled_from(["apart", "equals", "glued"] if len(flag.spellings[0]) == 2 else ["apart", "equals"]))
    if flag.several and draw(st.booleans()):
        return [spelling, value, draw(st.sampled_from(VALUES[flag.name]))]
    if way == "glued" and len(spelling) == 2 and value:
        return [spelling + value]
    return [f"{spelling}={value}"] if way == "equals" else [spelling, value]


@st.composite
def command_lines(draw: st.DrawFn) -> list[str]:
    flags = draw(st.lists(spelled_flags(), max_size=5))
    model = [["-m", draw(st.sampled_from(["model.xml", "net.onnx"]))]] if draw(st.integers(0, 9)) else []
    stray = [["stray"]] if not draw(st.integers(0, 15)) else []
    parts = [*stray, *draw(st.permutations([*flags, *model]))]
    return [word for part in parts for word in part]


def read_by_theirs(words: list[str]) -> dict[str, Any] | None:
    """None where it is refused."""
    before, sys.argv = sys.argv, ["benchmark_app", *words]
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            found, _ = theirs.parse_and_check_command_line()
    except (SystemExit, Exception):
        return None
    finally:
        sys.argv = before
    if "load_from_file" in found and (found.mean_values or found.scale_values):
        return None  # later, before it compiles
    values = {THEIR_NAMES.get(name, name): value for name, value in vars(found).items()}
    return {**values, "load_from_file": "load_from_file" in values}


def read_by_ours(words: list[str]) -> Arguments | None:
    try:
        return parse(words)
    except click.UsageError:
        return None


def as_ours(name: str, value: Any) -> Any:
    """A value of theirs as ours has it."""
    if name == "paths_to_input":
        return tuple(path for paths in value or [] for path in paths)
    if name == "perf_hint":
        return {"tput": "throughput", "ctput": "cumulative_throughput"}.get(value, value)
    if name == "latency_percentiles":
        return (value,)
    if name == "batch_size":
        return int(value) if value else None
    if name in ("number_iterations", "time_s", "number_threads", "inference_only"):
        return value
    return "" if value is None else value


@given(command_lines())
@example(["-m", "m.xml", "-d", "MULTI:CPU,GPU", "-report_type", "average_counters"])
@example(["-m", "m.xml", "-niter", "2", "-nireq", "4", "-api", "sync"])
@example(["-m", "m.xml", "-niter", "2", "-nireq", "4", "-hint", "latency"])
@example(["-m", "m.xml", "-niter", "0", "-nireq", "4", "-hint", "latency"])
@example(["-m", "m.xml", "-nthreads", "0"])
@example(["-m", "m.xml", "-nthreads", "2"])
@example(["-m", "m.xml", "-pin", "YES", "-hint", "none"])
@example(["-m", "m.xml", "-nstreams=", "-hint", "latency"])
@example(["-m", "m.xml", "--mean", "[1]", "--sca=[2]"])
@example(["-m", "m.xml", "--pc", "true"])
@example(["-mm.xml", "-dGPU", "-t5", "-pc", "-pcs", "sort"])
@settings(max_examples=200)
def test_same_values_or_refused_by_both(words: list[str]) -> None:
    if any(word.partition("=")[0] == "--pc" for word in words):  # counters in C++, --pcseq in Python: refused here
        with pytest.raises(click.UsageError):
            parse(words)
        return
    wanted, found = read_by_theirs(words), read_by_ours(words)
    assert (found is None) == (wanted is None), (words, found, wanted)
    if wanted is not None and found is not None:
        api = wanted.pop("api_type")
        assert found.api == api
        assert {name: getattr(found, name) for name in wanted} == {
            name: as_ours(name, value) for name, value in wanted.items()
        }


@given(command_lines())
@settings(max_examples=100)
def test_given_is_theirs_list_of_arguments(words: list[str]) -> None:
    """As their reports have it. Theirs fails on a value with '=' and on an empty one."""
    found = read_by_ours(words)
    if found is not None and "" not in words and all(word.count("=") < 2 for word in words):
        assert list(found.given) == theirs.get_command_line_arguments(["benchmark_app", *words])


@given(command_lines())
@example(["-m", "m.xml", "-i", "a:x y.png,b\\c.png", "-i", "a:~/z.png"])
@example(["-m", "m.xml", "-shape", 'it\'s "so"[1,3]', "-layout", "a:0[N],b,c[C]"])
@example(["-m", "-m.xml"])
@example(["-m", "m.xml", "-max_irate", "33.333333333333336", "-b", "3"])
@example(["-m", "m.xml", "-extensions", "-a.so", "-cdir", "-c"])
@settings(max_examples=150)
def test_the_command_makes_the_same_settings(words: list[str]) -> None:
    with contextlib.suppress(click.UsageError):
        require_same_settings(translate(parse(words)))


def require_same_settings(found: Translation) -> None:
    assert explanation(found).startswith("ovtui run ")
    pasted = [word for word in shlex.split(command_line(found))[2:] if word != "--compile-only"]
    params = run.make_context("run", pasted).params
    assert settings_from({name: value for name, value in params.items() if name in fields()}) == found.settings
