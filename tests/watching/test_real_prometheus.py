"""A real Prometheus finds a real session through the targets that `ovtui fleet prometheus-targets` writes, and every
expression of the dashboard for Grafana answers with its figures."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from harness.fixture_types import Headless
from harness.prometheus_server import WHY_NOT, PrometheusServer, promtool

GRAFANA = Path(__file__).parents[2] / "docs" / "grafana"
WATCHING = GRAFANA.parent / "watching.md"
DASHBOARD: dict[str, Any] = json.loads((GRAFANA / "ovtui-dashboard.json").read_text())
VARIABLES = {"$__rate_interval": "2s", "$host": ".*", "$session": ".*", "$model": ".*"}
"""What Grafana puts in their places."""
NOT_ON_EVERY_MACHINE = ("temperature", "_watts", "joules")
pytestmark = pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT)


def expressions() -> list[str]:
    found = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]
    found += [each["expr"] for each in DASHBOARD["annotations"]["list"]]
    for name, value in VARIABLES.items():
        found = [text.replace(name, value) for text in found]
    return found


def test_promtool_takes_every_expression_of_the_dashboard(tmp_path: Path) -> None:
    rules = [{"record": f"each:{at}", "expr": text} for at, text in enumerate(expressions())]
    path = tmp_path / "rules.yml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rules}]}))
    done = promtool("check", "rules", path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(rules) > 15
    assert not any("$" in text for text in expressions()), "a variable of Grafana that this test does not know"


def test_the_dashboard_is_one_that_grafana_takes() -> None:
    """Grafana itself is not run here: what its import needs, and what a person looks for."""
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(set(ids)) == len(ids)
    for panel in DASHBOARD["panels"]:
        assert panel["datasource"]["uid"] == "${datasource}"
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        assert panel["title"]
        assert panel["description"]
        assert [target["refId"] for target in panel["targets"]] == list("ABC")[: len(panel["targets"])]
    names = [variable["name"] for variable in DASHBOARD["templating"]["list"]]
    assert names == ["datasource", "host", "model", "session"]
    text = WATCHING.read_text(encoding="utf-8")
    assert [panel["title"] for panel in DASHBOARD["panels"] if f"| {panel['title']} |" not in text] == []


@pytest.fixture
def port(headless: Headless) -> Iterator[int]:
    """At which a session serves metrics as long as the test runs."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        number = int(free.getsockname()[1])
    done = headless("run", "demo-mlp", "-d", "CPU", "--detach", "--warm-up", "none", "--rate", "200", "--slo", "p99<1s",
                    "--prometheus", f"127.0.0.1:{number}")  # fmt: skip
    assert done.returncode == 0, done.stderr
    yield number
    headless("stop")


def test_prometheus_scrapes_a_session_and_the_dashboard_has_data(headless: Headless, port: int, tmp_path: Path) -> None:
    targets, inventory = tmp_path / "targets.json", tmp_path / "hosts"
    inventory.write_text("lab1 ansible_host=127.0.0.1 ovtui_kind='one of mine'\n")
    words = ("--hosts", str(inventory), "--port", str(port), "--out", str(targets))
    done = headless("fleet", "prometheus-targets", *words)
    assert done.returncode == 0, done.stderr
    server = PrometheusServer(tmp_path, targets, GRAFANA / "alerts.yml")
    assert promtool("check", "config", server.config).returncode == 0
    with server as prometheus:
        prometheus.wait_for(
            lambda: prometheus.query("rate(ovtui_request_latency_seconds_count{latency='response'}[2s]) > 0"),
            "latencies of the session",
        )
        (target,) = prometheus.ask("targets")["activeTargets"]
        assert target["health"] == "up", target
        assert target["labels"] == {
            "host": "lab1", "kind": "one of mine", "instance": f"127.0.0.1:{port}", "job": "ovtui",
        }  # fmt: skip
        (info,) = prometheus.query("ovtui_session_info")
        assert info["metric"]["host"] == "lab1", "the name in the inventory, which a person knows"
        assert info["metric"]["exported_host"] == socket.gethostname()
        assert re.fullmatch("[0-9a-f]{8}", info["metric"]["session"])
        assert info["metric"]["model"] == "demo-mlp"
        for text in expressions():
            if any(word in text for word in NOT_ON_EVERY_MACHINE):
                series = re.search(r"ovtui_\w+\{[^}]*\}", text)
                assert series is not None
                assert bool(prometheus.query(text)) == bool(prometheus.query(series[0])), text
            elif text.endswith("> 0"):
                assert prometheus.query(text.removesuffix("> 0")), text
            else:
                prometheus.wait_for(lambda text=text: prometheus.query(text), text)  # type: ignore[misc]
        (alerts,) = prometheus.ask("rules")["groups"]
        assert {rule["health"] for rule in alerts["rules"]} <= {"ok", "unknown"}
        assert [rule["name"] for rule in alerts["rules"] if rule["state"] == "firing"] == []
