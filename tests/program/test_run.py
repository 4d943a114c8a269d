"""`ovtui run`: progress on stderr, the result on stdout, the JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from harness.fixture_types import Headless

KEYS = {
    *("schema", "ovtui", "openvino", "host", "model", "device", "settings", "startup", "handovers", "load"),
    *(
        "expectation",
        "beside",
        "studies",
        "requests",
        "duration_s",
        "throughput",
        "latency_ms",
        "by_device",
        "by_shape",
        "batching",
        "segments",
        "advice",
    ),
    *(
        "warm_up",
        "steadiness",
        "slo",
        "telemetry",
        "started_at_s",
        "serving",
        "earlier_segments",
        "events",
        "state",
        "trials",
        "items_per_s",
        "items_per_request",
        "items_are",
        "recording",
        "energy",
        "disturbances",
    ),
}


def test_the_json_has_every_key_and_counts_add_up(headless: Headless) -> None:
    done = headless("run", "-d", "CPU", "-n", "700", "--warm-up", "first", "--json", "-")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert set(result) == KEYS
    requests = result["requests"]
    assert 0 <= requests.pop("out_of_order") < 700, "several are in flight, and may come back in any order"
    assert requests == {
        "due": 700,
        "submitted": 700,
        "completed": 700,
        "errors": 0,
        "error_share": 0.0,
        "error_reasons": [],
        "late": 0,
        "lost": 0,
        "shed": 0,
        "unsent": 0,
        "unfinished": 0,
    }
    for kind in ("inference", "service", "response"):
        latency = result["latency_ms"][kind]
        assert latency["count"] == 699, "all but the first inference"
        assert 0 < latency["min"] <= latency["p50"] <= latency["p99"] <= latency["max"]
        assert latency["p999"] is None, "699 requests are too few for it"
    assert result["warm_up"] == {"rule": "first", "requests": 1, "until_s": None, "steady": None}
    assert [segment["completed"] for segment in result["segments"]] == [700]
    assert result["device"]["execution"] == ["CPU"]
    assert result["by_device"]["CPU"]["requests"] == 700


@pytest.mark.parametrize(
    ("arguments", "api", "in_flight"),
    [
        (("--nireq", "1"), "sync", "1 in flight (sync)"),
        (("--api", "sync"), "sync", "1 in flight (sync)"),
        (("--nireq", "1", "--api", "async"), "async", "1 in flight (async)"),
        (("--nireq", "2"), "async", "2 in flight"),
    ],
)
def test_the_api_in_force_is_told(
    headless: Headless, tmp_path: Path, arguments: tuple[str, ...], api: str, in_flight: str
) -> None:
    path = tmp_path / "result.json"
    done = headless("run", "demo-matmul", "-d", "CPU", "-n", "200", *arguments, "--json", str(path))
    assert done.returncode == 0, done.stderr
    result = json.loads(path.read_text())
    assert (result["load"]["api"], result["segments"][0]["api"]) == (api, api)
    assert f"closed loop, {in_flight}, for" in done.stdout
    assert result["requests"]["completed"] == 200


def test_explicit_batches_are_counted_exactly(headless: Headless) -> None:
    done = headless("run", "-d", "BATCH:CPU(4)", "--nireq", "8", "-n", "200", "--json", "-")
    assert done.returncode == 0, done.stderr
    batching = json.loads(done.stdout)["batching"]
    assert batching["size"] == 4
    assert batching["exact"] is True
    assert batching["batched"] >= 100
    # The first inference is warm-up and not counted, the batch that it ran in is.
    assert 4 * batching["batches"] - batching["batched"] in (0, 1)


def test_a_rate_keeps_its_schedule(headless: Headless) -> None:
    done = headless("run", "-d", "CPU", "--rate", "10ms", "-n", "100", "--json", "-")
    result = json.loads(done.stdout)
    assert result["load"]["rate"] == 100
    # Whatever the machine does meanwhile, the last one is due 98 periods after the first that is not warm-up.
    assert result["duration_s"] >= 0.98


def test_a_file_takes_the_json_and_stdout_the_summary(headless: Headless, tmp_path: Path) -> None:
    path = tmp_path / "out.json"
    done = headless("run", "-d", "CPU", "-n", "50", "--json", str(path))
    assert done.returncode == 0, done.stderr
    assert json.loads(path.read_text())["requests"]["completed"] == 50
    assert "throughput" in done.stdout


def test_without_a_terminal_plain_ovtui_runs_headless(headless: Headless) -> None:
    done = headless("-d", "CPU", "-n", "50")
    assert done.returncode == 0, done.stderr
    assert "50 submitted" in done.stdout
    assert "\x1b" not in done.stdout + done.stderr


def test_version(headless: Headless) -> None:
    done = headless("--version")
    assert done.stdout.split()[0] == "ovtui"
    assert done.returncode == 0


def test_the_warm_up_by_rule_is_left_out_and_told(headless: Headless) -> None:
    done = headless("run", "-d", "CPU", "-t", "3", "--json", "-")
    result = json.loads(done.stdout)
    cut = result["warm_up"]
    assert cut["rule"] == "rule"
    assert cut["requests"] >= 1
    assert result["latency_ms"]["response"]["count"] == result["requests"]["completed"] - cut["requests"]


def test_a_missed_limit_is_exit_code_3_and_a_line(headless: Headless) -> None:
    done = headless("run", "-d", "CPU", "-n", "300", "--slo", "max<1us,errors=0,p99<60s")
    assert done.returncode == 3, done.stderr
    told = [line for line in done.stderr.splitlines() if line.startswith("ovtui: slo: ")]
    assert len(told) == 2
    assert told[0].startswith("ovtui: slo: max<0.001ms MISSED: ")
    assert told[1].startswith("ovtui: slo: p99<60000ms not known: ")
    assert told[1].endswith("not known is not held")
    assert "errors=0 held" in done.stdout


def test_limits_that_are_held_are_exit_code_0(headless: Headless) -> None:
    done = headless("run", "-d", "CPU", "demo-matmul", "-n", "20000", "--slo", "p90<60s,lost=0", "--json", "-")
    assert done.returncode == 0, done.stderr
    limits = json.loads(done.stdout)["slo"]
    assert [(limit["limit"], limit["verdict"], limit["met"], limit["default"]) for limit in limits] == [
        ("p90<60000ms", "held", True, False),
        ("lost=0", "held", True, False),
        ("errors=0", "held", True, True),
    ]


def test_a_limit_that_cannot_be_read_is_a_usage_error(headless: Headless) -> None:
    done = headless("run", "-d", "CPU", "-n", "300", "--slo", "p99<20")
    assert done.returncode == 2
    assert "a latency needs a unit" in done.stderr


def test_an_overload_says_what_is_shed(headless: Headless) -> None:
    done = headless("run", "-d", "CPU", "--rate", "20000", "--backlog", "500", "-t", "6", "--json", "-")
    assert done.returncode == 0, done.stderr
    assert "ovtui: overloaded: the backlog is full and " in done.stderr
    result = json.loads(done.stdout)
    assert result["requests"]["shed"] > 10_000
    assert_adds_up(result["requests"])


def assert_adds_up(requests: dict[str, int]) -> None:
    assert requests["due"] == requests["submitted"] + requests["shed"] + requests["unsent"]
    assert requests["completed"] == requests["submitted"], "all in flight were waited for"


def test_a_number_of_requests_is_of_those_that_come_due(headless: Headless) -> None:
    """As many again come due while the last ones wait; they are none of this run."""
    done = headless("run", "-d", "CPU", "--rate", "20000", "--backlog", "50", "-n", "3000", "--json", "-")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    requests = result["requests"]
    assert (requests["due"], requests["unsent"], result["load"]["ended"]) == (3000, 0, "requests")
    assert 0 < requests["shed"] < 3000
    assert_adds_up(requests)


def test_what_still_waits_at_the_end_was_not_shed(headless: Headless) -> None:
    done = headless("run", "-d", "CPU", "--rate", "20000", "-t", "0.4", "--json", "-")
    assert done.returncode == 0, done.stderr
    requests = json.loads(done.stdout)["requests"]
    assert requests["shed"] == 0
    assert requests["unsent"] > 0
    assert_adds_up(requests)
