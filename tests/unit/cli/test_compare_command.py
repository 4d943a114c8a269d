"""`ovtui compare`: what it says of two recordings, its exit codes, and its JSON."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import numpy as np
import pytest
from harness.small_recordings import cut_recording, open_recording, recording_of_latencies

from ovtui.cli.main import run
from ovtui.metrics.recorded.schema import CompareResult
from ovtui.records.arrays import Floats
from ovtui.records.session_file.shipped import shipped_recordings
from ovtui.settings.schema.settings import Settings

Captured = pytest.CaptureFixture[str]


def lognormal(seed: int, n: int = 9000, times: float = 1.0) -> Floats:
    found: Floats = 2 * times * np.exp(0.3 * np.random.default_rng(seed).standard_normal(n))
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Recordings of the same load: a; again; slower by 20 %; short."""
    made = tmp_path_factory.mktemp("compared")
    recording_of_latencies(made / "a.ovtui", lognormal(1))
    recording_of_latencies(made / "again.ovtui", lognormal(2))
    recording_of_latencies(made / "slower.ovtui", lognormal(3, times=1.2))
    recording_of_latencies(made / "short.ovtui", lognormal(4, 300))
    return made


def result_of(folder: Path, a: str, b: str, *more: str, code: int = 0) -> CompareResult:
    target = folder / "result.json"
    assert (
        run(["compare", str(folder / f"{a}.ovtui"), str(folder / f"{b}.ovtui"), "--json", str(target), *more]) == code
    )
    return msgspec.json.decode(target.read_bytes(), type=CompareResult)


def test_what_is_slower_by_a_fifth_is_told_with_an_interval_that_holds_it(folder: Path, capsys: Captured) -> None:
    result = result_of(folder, "a", "slower")
    figures = {figure.name: figure for figure in result.figures}
    for name in ("p50", "p90", "p95", "p99", "mean"):
        figure = figures[name]
        assert figure.ratio == pytest.approx(1.2, rel=0.05)
        assert figure.low is not None
        assert figure.high is not None
        assert 1 < figure.low < 1.2 < figure.high < 1.4
    assert figures["throughput"].low == pytest.approx(1, abs=0.01)
    assert figures["max"].low is None
    out = capsys.readouterr().out
    assert "A and B have 9,000 requests: p99.9" not in out
    assert "p99, ms" in out
    assert "oo B" in out
    assert "p50 p90 p95 p99" in " ".join(out.split())  # the axis
    assert "These runs were not interleaved." in out
    assert "So there is no p-value" in out.replace("\n", " ")


def test_what_is_the_same_holds_no_change(folder: Path) -> None:
    result = result_of(folder, "a", "again")
    for figure in result.figures:
        if figure.low is not None and figure.high is not None and figure.name != "errors":
            assert figure.low <= 1 <= figure.high, figure.name
    assert result.differs == []
    assert not result.interleaved


@pytest.mark.parametrize(
    ("condition", "verdict", "code"),
    [("p99>+5%", "true", 3), ("p99>+19%", "open", 0), ("p99>+60%", "false", 0), ("p50<-5%", "false", 0),
     ("throughput<-3%", "false", 0), ("errors>+0%", "open", 0), ("joules>+5%", "unknown", 3)],
)  # fmt: skip
def test_a_gate(folder: Path, condition: str, verdict: str, code: int, capsys: Captured) -> None:
    result = result_of(folder, "a", "slower", "--fail-if", condition, code=code)
    assert [(each.condition, each.verdict) for each in result.fail_if] == [(condition, verdict)]
    captured = capsys.readouterr()
    said = " ".join(captured.out.split())
    assert result.fail_if[0].text in said  # with its interval, whether it is true or not
    assert (f"ovtui: {condition} " in captured.err) == (code == 3)


def test_the_lower_end_of_the_interval_decides(folder: Path) -> None:
    """A condition just below it is true, one just above it is not."""
    p99 = next(figure for figure in result_of(folder, "a", "slower").figures if figure.name == "p99")
    assert p99.low is not None
    at = 100 * (p99.low - 1)
    result_of(folder, "a", "slower", "--fail-if", f"p99>+{at - 0.01:.4f}%", code=3)
    result_of(folder, "a", "slower", "--fail-if", f"p99>+{at + 0.01:.4f}%", code=0)


def test_a_figure_that_is_not_known_does_not_pass(folder: Path, capsys: Captured) -> None:
    result = result_of(folder, "short", "slower", "--fail-if", "p99>+5%", code=3)
    assert result.fail_if[0].text == "p99>+5% is not known: A has 300 requests: p99 needs 662"
    assert "ovtui: p99>+5% is not known: A has 300 requests: p99 needs 662" in capsys.readouterr().err


def test_errors_are_compared_where_one_side_has_none(folder: Path, tmp_path: Path) -> None:
    ms = lognormal(1)
    failing = tmp_path / "failing.ovtui"
    recording_of_latencies(failing, ms, failed=np.random.default_rng(1).random(len(ms)) < 0.05)
    target = tmp_path / "r.json"
    arguments = ["compare", str(folder / "a.ovtui"), str(failing), "--fail-if", "errors>+100%", "--json", str(target)]
    assert run(arguments) == 3
    result = json.loads(target.read_bytes())
    errors = next(each for each in result["figures"] if each["name"] == "errors")
    assert (errors["a"]["value"], errors["ratio"], errors["high"]) == (0.0, None, None)
    assert errors["low"] > 10
    assert any("B failed in" in warning for warning in result["warnings"])


def test_json_alone_goes_to_stdout(folder: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert run(["compare", str(folder / "a.ovtui"), str(folder / "slower.ovtui"), "--json", "-"]) == 0
    out = capfdbinary.readouterr().out
    result = msgspec.json.decode(out, type=CompareResult)
    assert set(json.loads(out)) == set(CompareResult.__struct_fields__)
    assert result.a.requests == 9000
    assert result.schema == 1


def test_what_differs_comes_first(folder: Path, tmp_path: Path, capsys: Captured) -> None:
    closed = tmp_path / "closed.ovtui"
    recording_of_latencies(closed, lognormal(5), Settings(device="CPU", hint="latency", warm_up="none"))
    assert run(["compare", str(folder / "a.ovtui"), str(closed)]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "differs: hint " in out
    assert "careful: A is an open loop and B a closed loop: throughput is what the device can do" in out
    assert out.index("differs:") < out.index("p50, ms")


def test_another_latency(folder: Path) -> None:
    assert result_of(folder, "a", "slower", "--latency", "inference").latency == "inference"


def test_it_fits_on_80_columns(folder: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("LC_ALL", "C")
    monkeypatch.chdir(folder)
    assert run(["compare", "a.ovtui", "short.ovtui", "--fail-if", "p99>+5%,p99.9>+5%,joules>+1%"]) == 3
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    assert not any("\x1b" in line for line in lines)


def test_segments_of_one_recording(capsys: Captured) -> None:
    """Two segments of the same file are two loads; which there are is told."""
    path = str(shipped_recordings()["three-hints"])
    assert run(["compare", path, path]) == 2
    assert "A and B are the same recording; name another, or two of its segments" in capsys.readouterr().err
    assert run(["compare", path, path, "--segment-a", "1", "--segment-b", "2"]) == 0
    assert "segment 1 of 3" in capsys.readouterr().out
    assert run(["compare", path, path, "--segment-b", "99"]) == 2
    assert f"B, {path}: there is no segment 99; it has segments " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("made", "said", "code"),
    [
        (None, "there is no such file", 1),
        (b"", "the file is empty", 1),
        (b"no recording at all, but some text", "", 1),
    ],
)
def test_what_is_no_recording(
    folder: Path, tmp_path: Path, made: bytes | None, said: str, code: int, capsys: Captured
) -> None:
    path = tmp_path / "other.ovtui"
    if made is not None:
        path.write_bytes(made)
    assert run(["compare", str(folder / "a.ovtui"), str(path)]) == code
    err = capsys.readouterr().err
    assert f"{path}: " in err
    assert said in err
    assert err.count("\n") == 1


def test_a_recording_without_requests(folder: Path, tmp_path: Path, capsys: Captured) -> None:
    path = tmp_path / "nothing.ovtui"
    recording_of_latencies(path, np.zeros(0))
    assert run(["compare", str(folder / "a.ovtui"), str(path)]) == 1
    assert f"ovtui: B, {path}: its segment 1 holds no request" in capsys.readouterr().err


def test_a_recording_that_breaks_off_or_goes_on(folder: Path, tmp_path: Path, capsys: Captured) -> None:
    cut = tmp_path / "cut.ovtui"
    cut_recording(cut)
    assert run(["compare", str(folder / "a.ovtui"), str(cut)]) == 0
    assert "breaks off at" in capsys.readouterr().err
    live = tmp_path / "live.ovtui"
    writer = open_recording(live)
    assert run(["compare", str(folder / "a.ovtui"), str(live)]) == 0
    assert "still being recorded" in capsys.readouterr().err
    writer.close()


def test_a_damaged_recording_is_compared_as_far_as_it_can_be_read_and_fails(
    folder: Path, tmp_path: Path, capsys: Captured
) -> None:
    data = bytearray((folder / "a.ovtui").read_bytes())
    data[len(data) // 2 : len(data) // 2 + 20_000] = b"\xff" * 20_000
    path = tmp_path / "damaged.ovtui"
    path.write_bytes(data)
    assert run(["compare", str(folder / "a.ovtui"), str(path)]) == 1
    captured = capsys.readouterr()
    assert f"{path}: damaged: " in captured.err
    assert "p50, ms" in captured.out


@pytest.mark.parametrize("text", ["p99>5%", "max>+5%", "p99", ""])
def test_a_wrong_condition_is_told_before_anything_is_read(text: str, capsys: Captured) -> None:
    assert run(["compare", "no.ovtui", "none.ovtui", "--fail-if", text]) == 2
    assert "fail-if: " in capsys.readouterr().err


def test_json_that_cannot_be_written(folder: Path, capsys: Captured) -> None:
    assert run(["compare", str(folder / "a.ovtui"), str(folder / "again.ovtui"), "--json", "/proc/x.json"]) == 2
    assert "--json /proc/x.json: " in capsys.readouterr().err


def test_the_json_follows_the_schema_that_it_prints(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["compare", "--json-schema"]) == 0
    schema = json.loads(capfd.readouterr().out)
    assert run(["compare", str(folder / "a.ovtui"), str(folder / "short.ovtui"), "--json", "-"]) == 0
    result = json.loads(capfd.readouterr().out)
    keys = schema["$defs"]["CompareResult"]
    assert set(keys["properties"]) == set(keys["required"]) == set(result)
    figure = schema["$defs"]["CompareFigure"]
    for each in result["figures"]:
        assert set(figure["required"]) == set(each)


@pytest.mark.parametrize("arguments", [[], ["a.ovtui"]])
def test_two_recordings_have_to_be_named(arguments: list[str], capsys: Captured) -> None:
    assert run(["compare", *arguments]) == 2
    assert "name two recordings, A and B" in capsys.readouterr().err
