"""Two real runs that differ by one setting, compared by the real program."""

from __future__ import annotations

import re

import msgspec
import pytest
from harness.fixture_types import Headless

from ovtui.metrics.recorded.schema import CompareResult


@pytest.mark.usefixtures("program_env")
def test_more_requests_in_flight_than_streams_wait_for_each_other(headless: Headless, tmp_path: object) -> None:
    """Of eight requests in flight on one stream each waits for seven others: the response takes several times as
    long, and the throughput is not several times as high."""
    paths = [f"{tmp_path}/in-flight-{nireq}.ovtui" for nireq in (1, 8)]
    for path, nireq in zip(paths, ("1", "8"), strict=True):
        done = headless("run", "-d", "CPU", "--nireq", nireq, "--nstreams", "1", "-n", "800", "--record", path)
        assert done.returncode == 0, done.stderr
    done = headless("compare", *paths, "--fail-if", "p50>+5%,throughput<-90%", "--json", "-")
    assert done.returncode == 3, done.stderr
    # On a loaded machine some hundred requests may be worth too few independent ones: such a gate does not pass either.
    assert re.match(r"ovtui: p50>\+5% is (true|not known): ", done.stderr)
    result = msgspec.json.decode(done.stdout, type=CompareResult)
    assert result.differs == ["in flight 1→8"]
    known = "p50>+5% is true" in done.stderr
    assert result.fail_if[0].verdict == ("true" if known else "unknown")
    assert result.fail_if[1].verdict in ("false", "unknown")
    [p50] = [figure for figure in result.figures if figure.name == "p50"]
    assert p50.ratio is not None
    assert p50.ratio > 1.5
    # The other way round the same condition is not true, and on a pipe nothing is for a terminal alone.
    done = headless("compare", *reversed(paths), "--fail-if", "p50>+5%")
    assert done.returncode == (0 if known else 3), done.stderr
    assert f"p50>+5% is not {'true' if known else 'known'}: " in done.stdout
    assert "\x1b" not in done.stdout
