"""What the command lines of benchmark_app mean, the wheel's own program being the truth: both are run and watched at
the same place, where they call OpenVINO. What differs on purpose stands with its line in harness/truth_lines.py."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from harness import gpu_sim
from harness.benchmark_truth import Run, TheirProgram, our_run
from harness.truth_comparison import data_differ, differences, files_differ
from harness.truth_lines import ALIKE, ALIKE_BY_HAND, BETTER, ONLY_THERE, REFUSED, Line
from harness.truth_models import write_models

UNUSED = {"NUM_STREAMS": "1", "PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": "1"}
REFUSALS = {1, 2, 4}
LINES = (*ALIKE, *(pytest.param(line, marks=pytest.mark.by_hand) for line in ALIKE_BY_HAND))


@dataclass(frozen=True, slots=True)
class Bench:
    """The files and both programs."""

    files: Mapping[str, str]
    their_program: TheirProgram


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    folder = tmp_path_factory.mktemp("models")
    config = folder / "config.json"
    config.write_text(json.dumps({"CPU": UNUSED}))
    with TheirProgram() as theirs:
        yield Bench({**write_models(folder), "config": str(config)}, theirs)


@dataclass(frozen=True, slots=True)
class Both:
    bench: Bench
    folder: Path
    env: Mapping[str, str]
    added: Mapping[str, str]
    """For both: the simulated GPU."""

    def theirs(self, text: str) -> Run:
        return self.bench.their_program.run(self._words(text, "theirs"), self.folder, {**self.added, **self._asked})

    def ours(self, text: str) -> Run:
        return our_run(self._words(text, "ours"), self.folder, {**self.env, **self.added, **self._asked})

    @property
    def _asked(self) -> dict[str, str]:
        return {"OPENVINO_WATCH_ANSWER": "yes"}

    def _words(self, text: str, whose: str) -> list[str]:
        out = self.folder / whose
        out.mkdir()
        return [word.format(**self.bench.files, out=out) for word in text.split()]


@pytest.fixture
def both(bench: Bench, tmp_path: Path, program_env: dict[str, str], no_leftovers: None) -> Both:
    return Both(bench, tmp_path, program_env, {})


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.text.replace(" ", "_"))
def test_alike(line: Line, both: Both, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    if line.on_gpu:
        request.getfixturevalue("rig_env")
        both = replace(both, added=gpu_sim.environment(tmp_path))
    theirs, ours = both.theirs(line.text), both.ours(line.text)
    assert theirs.code == 0, theirs.stdout
    assert ours.code == 0, ours.stderr
    found = differences(theirs, ours, timed=line.timed)
    if " -i " in line.text:
        found |= data_differ(theirs, ours)
    found |= files_differ(both.folder / "theirs", both.folder / "ours")
    assert found.keys() == line.otherwise.keys(), found


def test_other_runs_are_told_apart(both: Both, tmp_path: Path) -> None:
    """The comparison itself, with their program on both sides."""
    first = both.theirs("-m {rows} -hint latency -niter 4")
    (tmp_path / "theirs").rename(tmp_path / "first")
    (tmp_path / "theirs.watched").rename(tmp_path / "first.watched")
    second = both.theirs("-m {picture} -hint tput -nireq 3 -niter 4 -ip f32 -no_warmup -latency_percentile 90")
    assert {
        "inputs", "outputs", "PERFORMANCE_HINT", "NUM_STREAMS", "PERFORMANCE_HINT_NUM_REQUESTS", "infer requests",
        "infer or start_async", "count", "inferences", "shapes of the data", "last lines",
    } <= differences(first, second, timed=False).keys()  # fmt: skip


def test_what_ovtui_dumps_benchmark_app_loads(both: Both, tmp_path: Path) -> None:
    ours = both.ours("-m {rows} -hint none -nstreams 2 -pin NO -niter 4 -dump_config {out}/dumped.json")
    (tmp_path / "ours" / "dumped.json").rename(tmp_path / "dumped.json")
    theirs = both.theirs("-m {rows} -hint none -load_config {out}/../dumped.json -niter 4")
    assert theirs.compiled.properties == ours.compiled.properties
    assert theirs.compiled.properties["NUM_STREAMS"] == "2"


@pytest.mark.parametrize("text", REFUSED, ids=lambda text: text.replace(" ", "_"))
def test_refused(text: str, both: Both) -> None:
    assert both.theirs(text).code in (1, 2)
    _assert_refused(both.ours(text))


@pytest.mark.parametrize(("text", "why"), ONLY_THERE, ids=lambda value: str(value).replace(" ", "_")[:60])
def test_refused_here_alone(text: str, why: str, both: Both) -> None:
    _assert_refused(both.ours(text))


def _assert_refused(ours: Run) -> None:
    said = [line for line in ours.stderr.splitlines() if line.startswith("ovtui: ")]
    assert (ours.code in (2, 4), ours.count) == (True, None), (ours.code, said)
    assert "Traceback" not in ours.stderr + ours.stdout
    assert said, ours.stderr


@pytest.mark.parametrize(("text", "count", "why"), BETTER, ids=lambda value: str(value).replace(" ", "_")[:60])
def test_works_here(text: str, count: int, why: str, both: Both) -> None:
    assert both.theirs(text).code != 0, f"it works there now: {why}"
    ours = both.ours(text)
    assert ours.code == 0, ours.stderr
    assert ours.count == count
