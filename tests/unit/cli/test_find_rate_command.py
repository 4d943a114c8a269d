"""`ovtui find-rate` before anything is measured: what would be ignored is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from ovtui.cli.find_rate import find_rate
from ovtui.metrics.session.study_state import StudyState
from ovtui.records.events import StudyBegan
from ovtui.records.study_events import FindRateSpec
from ovtui.settings.schema.settings import Settings
from ovtui.studies.earlier_points import Earlier


class Asked(Exception):
    """The search would have begun."""


def said(*arguments: str) -> str:
    result = CliRunner().invoke(find_rate, ["--no-record", *arguments])
    if isinstance(result.exception, Asked):
        return "begun"
    assert result.exit_code == 2, result.output
    return " ".join(result.output.split("Error: ")[1].split())


@pytest.fixture
def earlier(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """A recording of a search that broke off."""
    spec = FindRateSpec(slo="p99<20ms", within=0.02, arrival="poisson")
    settings = Settings(device="CPU", nireq=2, properties={"PERF_COUNT": "YES"})
    began = StudyBegan(t_ns=0, study=1, spec=spec, settings=settings)
    monkeypatch.setattr("ovtui.studies.earlier_points.read_earlier", lambda *_: Earlier(StudyState(began), [], 0.0))

    def watch(*_: object, **__: object) -> None:
        raise Asked

    monkeypatch.setattr("ovtui.cli.study_watch.watch_study", watch)
    (tmp_path / "x.ovtui").touch()
    return str(tmp_path / "x.ovtui")


@pytest.mark.parametrize(("option", "name"), [("-t", "--duration"), ("-n", "--requests")])
def test_a_length_of_the_load_is_refused(option: str, name: str) -> None:
    assert f"{name}: how long the search lasts is said by --limit" in said(
        "demo-matmul", "--slo", "p99<20ms", option, "5"
    )


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (("--nireq", "4"), "it began with other settings (in flight 2→4); give the same or none, or begin anew"),
        (("--set", "PERF_COUNT=NO"), "PERF_COUNT YES→NO"),
        (("--preset", "single-stream"), "in flight 2→1"),
        (("--within", "5%"), "that search ends within 2%; leave --within away"),
        (("--arrival", "constant"), "that search is of poisson arrivals; leave --arrival away"),
        (("--slo", "p99<30ms"), "that search is for p99<20ms; leave --slo away"),
    ],
)
def test_a_search_that_goes_on_refuses_other_settings(earlier: str, arguments: tuple[str, ...], part: str) -> None:
    assert part in said("--resume", earlier, *arguments)


def test_a_search_goes_on_with_the_same_command_line(earlier: str) -> None:
    same = ("-d", "CPU", "--nireq", "2", "--slo", "p99<20ms", "--within", "2%", "--arrival", "poisson")
    assert said("--resume", earlier) == "begun"
    assert said("--resume", earlier, *same) == "begun"
