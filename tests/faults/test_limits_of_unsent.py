"""A limit is not held by what was never sent, shed, or still in flight."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from harness.fault_table import Fault, id_of
from harness.fixture_types import Headless
from harness.program import Program, ovtui
from harness.signals import stop
from test_standstill import engine_of


@dataclass(frozen=True)
class LimitFault(Fault):
    arguments: tuple[str, ...] = ()
    limits: str = ""
    verdicts: tuple[str, ...] = ()
    """Of the limits, and of errors=0."""


SECTION = "processes and accounts"
FAULTS = [
    LimitFault(
        "a full backlog sheds a burst", "what was shed is over a limit on the response; service: not known", 3, SECTION,
        ("--rate", "1000", "--arrival", "burst:3000", "--backlog", "10", "-n", "3000"),
        "p99<600s,p50>1us,max<600s,service.p99<600s,late<=100%,shed=0",
        ("missed", "held", "missed", "unknown", "held", "missed", "held"),
    ),
    Fault("an engine is frozen until the load's end", "the unsent are over the limits", 3, SECTION),
    Fault("an engine that was frozen is killed", "the unsent and those in flight are over the limits", 1, SECTION),
]  # fmt: skip


def test_what_was_shed_counts(headless: Headless) -> None:
    fault = FAULTS[0]
    assert isinstance(fault, LimitFault)
    done = headless("run", "demo-matmul", "-d", "CPU", *fault.arguments, "--slo", fault.limits, "--json", "-")
    assert done.returncode == fault.code, done.stderr
    result = json.loads(done.stdout)
    assert tuple(limit["verdict"] for limit in result["slo"]) == fault.verdicts, result["slo"]
    requests = result["requests"]
    assert requests["shed"] == 3000 - requests["submitted"] > 30  # of each hundred one: how many, hangs on the machine


@pytest.mark.parametrize("fault", FAULTS[1:], ids=id_of)
def test_what_stood_still_counts(
    program_env: Mapping[str, str], no_leftovers: None, tmp_path: Path, fault: Fault
) -> None:
    path = tmp_path / "a.json"
    command = ovtui(
        "run", "demo-matmul", "-d", "CPU", "--rate", "300", "-t", "6", "--json", str(path),
        "--slo", "p99<100ms,max<100ms,mean<10ms,service.p99<100ms",
    )  # fmt: skip
    # So wide that the line of progress is not cut off before what stands at its end.
    with Program(command, program_env, columns=240) as program:
        program.wait_for("completed")
        engine = engine_of(program.process.pid)
        stop(engine.pid)
        program.wait_for("are due")
        if fault.code == 1:
            engine.kill()
        else:
            # Of 1,800: the time is over.
            program.wait_for(lambda text: _count(text, "completed") + _count(text, "are due") > 1780)
            engine.send_signal(signal.SIGCONT)
        assert program.wait() == fault.code
        text = program.text
    verdicts = {limit["limit"]: limit for limit in json.loads(path.read_text())["slo"]}
    assert [verdicts[name]["verdict"] for name in ("p99<100ms", "max<100ms", "mean<10ms")] == ["missed"] * 3, verdicts
    assert verdicts["service.p99<100ms"]["verdict"] != "held"
    assert "p99<100ms MISSED" in text
    assert "never sent" in text


def _count(text: str, what: str) -> int:
    """'1,234 completed', '930 are due': by the progress line; 0 where it is not there."""
    found = re.search(rf"([\d,]+) {what}", text)
    return int(found[1].replace(",", "")) if found else 0
