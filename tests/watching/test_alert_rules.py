"""docs/grafana/alerts.yml: each alert fires when it should and is silent else (promtool's own unit tests of rules)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from harness.prometheus_server import WHY_NOT, promtool

RULES = Path(__file__).parents[2] / "docs" / "grafana" / "alerts.yml"
CASES = Path(__file__).with_name("alerts_test.yml")
WATCHING = RULES.parents[1] / "watching.md"
pytestmark = pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT)


def rules() -> list[dict[str, Any]]:
    return [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]


def test_promtool_takes_the_rules() -> None:
    done = promtool("check", "rules", RULES)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(rules())} rules found" in done.stdout


def test_each_alert_fires_when_it_should_and_is_silent_else() -> None:
    done = promtool("test", "rules", CASES)
    assert done.returncode == 0, done.stdout + done.stderr


def test_each_alert_has_a_case_in_which_it_fires_and_one_in_which_it_does_not() -> None:
    fires, silent = set(), set()
    for case in yaml.safe_load(CASES.read_text())["tests"]:
        for each in case.get("alert_rule_test", []):
            (fires if each.get("exp_alerts") else silent).add(each["alertname"])
        for each in case.get("promql_expr_test", []):
            name = each["expr"].partition('alertname="')[2].partition('"')[0]
            (fires if each.get("exp_samples") else silent).add(name)
    assert fires == silent == {rule["alert"] for rule in rules()}


def test_a_rule_that_never_fires_is_found(tmp_path: Path) -> None:
    """The cases depend on the rules: with another limit they fail."""
    broken = RULES.read_text().replace("ovtui_slo_held == 0", "ovtui_slo_held == 2")
    (tmp_path / "alerts.yml").write_text(broken)
    cases = tmp_path / "cases.yml"
    cases.write_text(CASES.read_text().replace("../../docs/grafana/alerts.yml", "alerts.yml"))
    done = promtool("test", "rules", cases)
    assert done.returncode == 1
    assert "OvtuiLimitMissed" in done.stdout + done.stderr


def test_each_alert_says_what_to_do_and_is_explained() -> None:
    text = WATCHING.read_text(encoding="utf-8")
    for rule in rules():
        assert rule["labels"]["severity"] in ("warning", "critical")
        assert len(rule["annotations"]["description"]) > 100
        assert f"`{rule['alert']}`" in text
