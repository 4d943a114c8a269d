"""What Prometheus scrapes from a real session."""

from __future__ import annotations

import re
import socket
import urllib.request
from http.client import HTTPException
from pathlib import Path

import pytest
from driven import LIMIT_S, driven
from prometheus_client.parser import text_string_to_metric_families

from ovtui.host.client_protocol import SessionOptions
from ovtui.host.session_query import status_of
from ovtui.records.events import Note

MATMUL = {"model": "demo-matmul", "device": "CPU", "nireq": 2}


@pytest.fixture(autouse=True)
def runtime_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def scrape(port: int) -> dict[str, dict[tuple[tuple[str, str], ...], float]]:
    """Samples by name and labels, without host and session, which each has."""
    # The listener is there before its process is: the kernel holds the connection until it answers.
    text = urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=LIMIT_S).read().decode()
    found: dict[str, dict[tuple[tuple[str, str], ...], float]] = {}
    for family in text_string_to_metric_families(text):
        assert family.name.startswith("ovtui_")
        assert family.documentation
        assert re.fullmatch(r"ovtui(_[a-z0-9]+)+", family.name)
        assert family.type in ("counter", "gauge", "histogram")
        assert not re.search(r"_(ms|us|kb|mb|millis\w*)$", family.name)  # base units
        for sample in family.samples:
            assert sample.name.endswith("_total") == (family.type == "counter"), sample.name
            assert sample.labels["host"] == socket.gethostname()
            assert sample.labels["session"]
            own = {name: value for name, value in sample.labels.items() if name not in ("host", "session")}
            found.setdefault(sample.name, {})[tuple(sorted(own.items()))] = sample.value
    return found


def test_a_scrape_has_the_figures_of_the_session(port: int, tmp_path: Path) -> None:
    options = SessionOptions(prometheus=f"127.0.0.1:{port}", record=str(tmp_path / "s.ovtui"))
    with driven(options, **MATMUL, requests=3000) as run:
        run.wait_finished()
        samples: dict[str, dict[tuple[tuple[str, str], ...], float]] = {}
        response = (("device", "CPU"), ("latency", "response"))

        def scraped() -> bool:
            samples.update(scrape(port))
            # The last latencies count once it is decided what the warm-up leaves out: at the end of the load.
            counted = samples["ovtui_request_latency_seconds_count"].get(response)
            return samples["ovtui_requests_completed_total"][()] == 3000 and counted

        run.wait_for(scraped, "3000 requests and their latencies in the metrics")
        assert samples["ovtui_requests_submitted_total"] == {(): 3000}
        assert status_of(run.session.session).clients == 1, "this test's; the exporter is no person's client"
        assert samples["ovtui_requests_failed_total"] == {(): 0}
        assert samples["ovtui_requests_in_flight"] == {(): 0}
        count = samples["ovtui_request_latency_seconds_count"][response]
        assert count == run.digest.run.histogram("response").count
        total_s = run.digest.run.histogram("response").sum_ms / 1e3
        assert samples["ovtui_request_latency_seconds_sum"][response] == pytest.approx(total_s)
        buckets = {
            float(dict(labels)["le"]): value
            for labels, value in samples["ovtui_request_latency_seconds_bucket"].items()
            if dict(labels)["latency"] == "response"
        }
        ordered = [buckets[border] for border in sorted(buckets)]
        assert ordered == sorted(ordered)
        assert ordered[-1] == count
        p50_s = (run.digest.run.latency["response"].p50 or 0) / 1e3
        assert max(value for border, value in buckets.items() if border < p50_s * 0.99) <= count / 2
        (info,) = samples["ovtui_session_info"]
        assert status_of(run.session.session).prometheus == f"127.0.0.1:{port}"
        assert dict(info)["model"] == "demo-matmul"
        assert dict(info)["execution_devices"] == "CPU"
    with pytest.raises((OSError, HTTPException)):  # noqa: PT012
        for _ in range(1000):  # it may answer once more while it ends
            scrape(port)


def test_a_port_in_use_is_noted_and_the_session_runs() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with driven(SessionOptions(prometheus=address), **MATMUL, requests=50) as run:
            run.wait_finished()
            assert any(address in note.text for note in run.of(Note))
            assert run.completed == 50
