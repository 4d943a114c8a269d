"""What cannot be done is refused in one sentence, with the exit code of design.md, and never with a traceback."""

from __future__ import annotations

import shlex
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from harness.fixture_types import Headless, StartProgram
from harness.open_shape_models import bert, fails_in_ones, speech
from harness.reading import completed
from rig.nets import save

FAILED, USAGE, UNUSABLE = 1, 2, 4


def refusal(done: CompletedProcess[str]) -> str:
    """The one sentence on stderr."""
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    said = done.stderr.splitlines()
    assert len(said) == 1, f"more than one line: {said}"
    assert said[0].startswith("ovtui: ")
    return said[0]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--nireq", "many"), "whole number"),
        (("--nireq", "-3"), "in flight"),
        (("--rate", "fast"), "rate"),
        (("--batch-timeout", "0"), "at least 1"),
        (("--hint", "speedy"), "throughput"),
        (("--nstreams", "0"), "streams"),
        (("--api", "sync", "--nireq", "4"), "api: sync keeps one request in flight, and 4 are asked for (--nireq)"),
        (("--api", "sync", "--rate", "100"), "api: sync makes the closed loop only, and the load is 100/s"),
        (("--api", "queue"), "auto, sync, async"),
        (("-api", "sync"), "two dashes here: --api"),
        (("--set", "PERF_COUNT"), "KEY=VALUE"),
        (("--preset", "no-such-preset"), "no-such-preset"),
        (("--json", "/proc/out.json"), "/proc/out.json: it cannot be written"),
        (("--record", "/proc/out.ovtui"), "/proc/out.ovtui: it cannot be written"),
        (("--no-such-flag",), "--no-such-flag"),
        (("-hint", "latency"), "-hint: long options have two dashes here: --hint"),
        (("-nireq=4",), "two dashes here: --nireq"),
        (("-data_shape", "[1]"), "two dashes here: --data-shape"),
        (("-niter", "4"), "it is --requests here"),
        (("-m", "model.xml"), "the model stands by itself here"),
        (("--json", "/no/such/folder/out.json"), "/no/such/folder"),
        (("reprot",), "no model file or built-in model 'reprot'; built in are demo-cnn, demo-mlp, demo-matmul"),
        (("demo-cn",), "did you mean demo-cnn?"),
        (("-d", "CPU", "--input", "no-such.png"), "no such file"),
        (("-d", "CPU", "--input", "nose:no-such.png"), "no input 'nose'"),
        (("-d", "CPU", "--data-shape", "[1,4,224,224]"), "does not fit the input image"),
        (("-d", "CPU", "--arrival", "trace:no-such.csv"), "no such file"),
        (("-d", "CPU", "--arrival", "trace:no-such.ovtui"), "no such file"),
    ],
)
def test_usage(headless: Headless, arguments: tuple[str, ...], words: str) -> None:
    done = headless("run", "-n", "5", *arguments)
    assert done.returncode == USAGE
    assert words in refusal(done)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("reprot",), "no command, model file or built-in model 'reprot', did you mean report? (ovtui --help)"),
        (("zebra", "-d", "CPU"), "no command, model file or built-in model 'zebra' (ovtui --help)"),
        (
            ("docter", "-d", "CPU"),
            "no command, model file or built-in model 'docter', did you mean doctor? (ovtui --help)",
        ),
        (("demo-cn",), "no command, model file or built-in model 'demo-cn', did you mean demo-cnn? (ovtui --help)"),
        (("presets", "shwo"), "no command or preset 'shwo', did you mean show? (ovtui presets --help)"),
        (("presets", "batching"), "no command or preset 'batching', did you mean batching-on? (ovtui presets --help)"),
        (("config", "shw"), "no command 'shw', did you mean show? (ovtui config --help)"),
    ],
)
def test_a_word_that_is_no_command_is_met_with_the_nearest(
    headless: Headless, arguments: tuple[str, ...], sentence: str
) -> None:
    done = headless(*arguments)
    assert done.returncode == USAGE
    assert refusal(done) == f"ovtui: {sentence}"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("no-such-model.xml",), "no-such-model.xml"),
        (("-d", "GPU"), "GPU"),
        (("-d", "NONSENSE"), "NONSENSE"),
        (("-d", "cpu"), "did you mean CPU?"),
        (("--shape", "[1,2,3]"), "shape"),
        (("--set", "NO_SUCH_PROPERTY=1", "-d", "CPU"), "NO_SUCH_PROPERTY"),
        (("--set", "NUMSTREAMS=1", "-d", "CPU"), "NUMSTREAMS by CPU plugin, did you mean NUM_STREAMS?"),
        (("--set", "NUMSTREAMS=1", "-d", "BATCH:CPU(4)"), "did you mean NUM_STREAMS?"),
    ],
)
def test_unusable(headless: Headless, arguments: tuple[str, ...], words: str) -> None:
    done = headless("run", "-n", "5", *arguments)
    assert done.returncode == UNUSABLE
    assert words in refusal(done)


def test_how_long_a_run_takes_is_said_once_it_runs(headless: Headless) -> None:
    done = headless("run", "no-such-model.xml")
    assert "no-such-model.xml" in refusal(done)
    assert "stopping after" not in done.stderr


def test_a_file_that_is_no_model(headless: Headless, tmp_path: Path) -> None:
    for name in ("broken.xml", "broken.onnx", "broken.txt"):
        path = tmp_path / name
        path.write_text("this is not a model")
        done = headless("run", str(path), "-n", "5")
        assert done.returncode == UNUSABLE
        assert name in refusal(done)


def test_the_shape_that_is_suggested_can_be_pasted(headless: Headless, tmp_path: Path) -> None:
    model = save(bert(), tmp_path / "dynamic.xml")
    done = headless("run", str(model), "-d", "CPU", "-n", "5")
    assert (done.returncode, done.stdout) == (UNUSABLE, "")
    said = done.stderr.splitlines()[-1]  # before it a slow machine says that it looks for shapes
    assert "input_ids [?,?], attention_mask [?,?] and token_type_ids [?,?]" in said
    option = said[said.index("--shape") : said.rindex(", which has carried an inference")]
    shaped = headless("run", str(model), "-d", "CPU", "-n", "5", *shlex.split(option))
    assert shaped.returncode == 0, shaped.stderr


def test_shapes_of_ours_that_fail_at_inference_end_the_run(headless: Headless, tmp_path: Path) -> None:
    model = save(fails_in_ones(), tmp_path / "ones.xml")
    done = headless("run", str(model), "-d", "CPU", "-n", "5")
    assert done.returncode == UNUSABLE
    assert "batch left open by the model: x [?,3] runs with 1; -b N gives another" in done.stderr
    assert done.stderr.splitlines()[-1].endswith("other shapes have carried an inference: --shape '[4,3]'")


def test_one_key_takes_the_suggestion_on_the_dashboard(start: StartProgram, tmp_path: Path) -> None:
    program = start(str(save(speech(), tmp_path / "speech.xml")), "-d", "CPU", columns=80, rows=24)
    program.wait_for("A adopt")
    program.keys("A")
    program.wait_for("staged: shape; x applies")
    program.keys("x")
    program.wait_for(lambda text: completed(text) > 10)
    program.keys("escape", "q")  # on the row of the shape a letter begins a text
    assert program.wait() == 0


def test_the_dashboard_shows_why_and_ends_with_the_same_code(start: StartProgram) -> None:
    program = start("no-such-model.xml")
    program.wait_for("no such model file")
    program.keys("q")
    assert program.wait() == UNUSABLE
    program.assert_terminal_restored()
    assert "no such model file" in program.text


def test_markup_in_a_name_is_shown_as_it_is(
    start: StartProgram, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # a path of any length would wrap anywhere
    program = start("./[bold]x[/red].xml")
    text = program.wait_for(": no such model")
    assert "[bold]x[/red].xml" in text
    program.keys("q")
    assert program.wait() == UNUSABLE
    program.assert_terminal_restored()


def test_a_result_that_finds_no_room_is_told_as_a_summary(headless: Headless) -> None:
    done = headless("run", "demo-matmul", "-d", "CPU", "-n", "50", "--json", "/dev/full")
    assert done.returncode == FAILED
    assert "--json /dev/full: No space left on device; only the summary was written" in done.stderr
    assert "50 submitted" in done.stdout
