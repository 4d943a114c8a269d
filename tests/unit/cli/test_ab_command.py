"""`ovtui ab` before anything is measured: what it is given, and the sentences where that is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from ovtui.cli import ab as command
from ovtui.cli.ab_resume import Earlier
from ovtui.metrics.comparison.block_tally import BlockTally
from ovtui.records.trial_events import TrialTerms
from ovtui.settings.schema.settings import Settings

S = 1_000_000_000


class Asked(Exception):
    """What would have been measured."""


def asked(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> tuple[Settings, Settings, TrialTerms, float]:
    def compare(
        a: Settings, b: Settings, _: object, terms: TrialTerms, limit_s: float, *__: object, **___: object
    ) -> int:
        raise Asked(a, b, terms, limit_s)

    monkeypatch.setattr(command, "_compare", compare)
    result = CliRunner().invoke(command.ab, ["--no-record", *arguments])
    assert isinstance(result.exception, Asked), result.output
    a, b, terms, limit_s = result.exception.args
    return a, b, terms, limit_s


def refused(*arguments: str) -> str:
    result = CliRunner().invoke(command.ab, ["--no-record", *arguments])
    assert result.exit_code == 2, result.output
    return " ".join(result.output.split("Error: ")[1].split())


def test_both_sides_begin_with_the_settings_of_the_command_line(monkeypatch: pytest.MonkeyPatch) -> None:
    a, b, terms, limit_s = asked(
        monkeypatch, "demo-mlp", "-d", "CPU", "--a", "hint=latency", "--b", "hint=throughput,nireq=8"
    )
    assert (a.model, a.device, a.hint, a.nireq) == ("demo-mlp", "CPU", "latency", 0)
    assert (b.model, b.device, b.hint, b.nireq) == ("demo-mlp", "CPU", "throughput", 8)
    assert (terms.within, terms.blocks, terms.for_p99, terms.limit_without_compile) == (0.03, 0, True, True)
    assert terms.confidence == pytest.approx(0.9875)
    assert limit_s == 180


def test_two_models_and_two_devices(monkeypatch: pytest.MonkeyPatch) -> None:
    a, b, _, _ = asked(monkeypatch, "--a", "model=demo-mlp,device=CPU", "--b", "model=demo-cnn,device=AUTO:GPU,CPU")
    assert (a.model, a.device, b.model, b.device) == ("demo-mlp", "CPU", "demo-cnn", "AUTO:GPU,CPU")


def test_a_preset_brings_no_limit_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "p.toml").write_text("title = 'x'\n[settings]\nnireq = 5\nduration_s = 20.0\n")
    a, b, _, _ = asked(
        monkeypatch, "--preset", str(tmp_path / "p.toml"), "--b", f"preset={tmp_path / 'p.toml'},nireq=6"
    )
    assert (a.nireq, b.nireq, a.duration_s, b.duration_s) == (5, 6, 0.0, 0.0)


@pytest.mark.parametrize(
    ("arguments", "limit_s", "blocks", "block_s"),
    [
        (("--limit", "2m"), 120, 0, 0.0),
        (("--limit", "45"), 45, 0, 0.0),
        (("--blocks", "20", "--block", "1.5s"), 0.0, 20, 1.5),
    ],
)
def test_how_long(
    monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], limit_s: float, blocks: int, block_s: float
) -> None:
    _, _, terms, limit = asked(monkeypatch, "--b", "nireq=2", *arguments)
    assert (limit, terms.blocks, terms.block_s) == (limit_s, blocks, block_s)


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        ((), "--b is missing"),
        (("--b", "nireg=8"), "--b: no setting 'nireg', did you mean nireq?"),
        (("--a", "nireq=many", "--b", ""), "--a: in flight"),
        (("--b", "model=nothing-such"), "--b: no model file or built-in model"),
        (("--b", "nireq=2", "-t", "5"), "--duration: how long A and B are compared is said by --limit or --blocks"),
        (("--b", "nireq=2,duration=5"), "--b: duration: how long A and B are compared is said by --limit or --blocks"),
        (("--a", "requests=5", "--b", ""), "--a: requests: how long A and B are compared"),
        (("--b", "nireq=2", "--limit", "3s"), "--limit: 3 s are too short to compare anything; give 8s or more"),
        (("--b", "nireq=2", "--block", "2m"), "an interval needs 8 pairs of blocks, and those take 1920 s"),
        (("--b", "rate=100,arrival=ramp:200:10"), "this schedule changes with time"),
        (("--b", "nireq=2", "--blocks", "13"), "write an even number"),
        (("--b", "nireq=2", "--width", "0"), "is not a width"),
        (("--b", "nireq=2", "--limit", "soon"), "is not a time"),
        (("--b", "nireq=2", "--fail-if", "p99>5ms"), "--fail-if"),
        (("--b", "nireq=2", "--fail-if", "p95>+5%"), "p95 is none of what ab compares"),
    ],
)
def test_what_is_wrong_is_one_sentence_and_exit_code_2(arguments: tuple[str, ...], part: str) -> None:
    assert part in refused(*arguments)


def blocks(count: int) -> list[BlockTally]:
    return [BlockTally(1, "AB"[n % 2], 1, n * S, (n + 1) * S) for n in range(count)]  # type: ignore[arg-type]


def test_what_is_resumed_is_less_to_measure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ovtui.cli.ab_resume.earlier_blocks", lambda *_: Earlier(blocks(12), "/x.ovtui"))
    _, _, terms, limit_s = asked(monkeypatch, "--b", "nireq=2", "--resume", "/x.ovtui", "--limit", "60s")
    assert (limit_s, terms.block_s, terms.resumes) == (48, 1.0, "/x.ovtui")
    _, _, terms, limit_s = asked(monkeypatch, "--b", "nireq=2", "--blocks", "20", "--resume", "/x.ovtui")
    assert (limit_s, terms.blocks) == (0.0, 8)
    assert "it has 12 blocks already" in refused("--b", "nireq=2", "--blocks", "12", "--resume", "/x.ovtui")
    assert "it has measured 12 s already" in refused("--b", "nireq=2", "--limit", "14s", "--resume", "/x.ovtui")


def test_resume_alone_looks_for_the_newest(monkeypatch: pytest.MonkeyPatch) -> None:
    names: list[str] = []
    monkeypatch.setattr("ovtui.cli.ab_resume.earlier_blocks", lambda name, *_: names.append(name) or Earlier())
    asked(monkeypatch, "--b", "nireq=2", "--resume")
    asked(monkeypatch, "--b", "nireq=2", "--resume", "x.ovtui")
    assert names == ["", "x.ovtui"]


def test_a_comparison_is_resumed_with_what_it_began_with() -> None:
    assert "--resume: give MODEL, --a, --b and the settings once more" in refused("--resume")
