"""A session that is worked with stays as it is: memory, descriptors and threads of engine, host and view.

In CI a soak of 4 minutes runs beside the other tests (tests/conftest.py starts it), elsewhere a shorter one here: both
find what is gross. The long one, tests/long/soak.py, finds 1 MB a minute within 20 minutes, 5 MB an hour within two."""

from __future__ import annotations

import json
import os
import random
import time
from collections.abc import Mapping
from pathlib import Path

import pytest
from harness.fault_table import Fault
from harness.soak import RESULT_VARIABLE, Sample, Series, Soak

WARM_UP_S, MEASURED_S = 10.0, 30.0
LIMIT_S = 900.0
"""For the one that runs beside the tests to end."""
FAULTS = [
    Fault(
        "hours of changes, views, sizes, and other views that come and go",
        "memory, descriptors and threads of engine, host and view stay flat", None, "processes and accounts",
    ),
]  # fmt: skip


@pytest.mark.timeout(LIMIT_S + 60)  # where it is run alone, it has to wait for the soak
def test_nothing_grows(program_env: Mapping[str, str], no_leftovers: None) -> None:
    if path := os.environ.get(RESULT_VARIABLE):
        result = _await(Path(path))
        assert not result["findings"], result["findings"]
        assert result["actions"] > 20, f"{result['actions']} actions: the view was too slow to be tried"
        return
    soak = Soak(program_env, attach_every=4)
    try:
        findings = soak.run(WARM_UP_S, MEASURED_S)
    finally:
        soak.close()
    assert all(series.samples for series in soak.series.values()), [series.text for series in soak.series.values()]
    assert not findings, findings


def _await(path: Path) -> dict[str, object]:
    end_s = time.monotonic() + LIMIT_S
    while not path.exists() or not path.read_text():
        assert time.monotonic() < end_s, "the soak beside the tests has not ended"
        time.sleep(0.5)
    found: dict[str, object] = json.loads(path.read_text())
    return found


@pytest.mark.parametrize(
    ("seconds", "mb_each", "descriptors_each", "threads_each", "finding"),
    [
        (1200, 0.0, 0.0, 0.0, ""),
        (1200, 1 / 60, 0.0, 0.0, "memory"),
        (6480, 0.0, 0.0, 0.0, ""),
        (6480, 0.5 / 60, 0.0, 0.0, "memory"),
        (6480, 5.5 / 3600, 0.0, 0.0, "memory"),
        (3660, 5.5 / 3600, 0.0, 0.0, "memory grows"),
        (6480, 4.5 / 3600, 0.0, 0.0, ""),
        (150, 0.0, 0.0, 0.0, ""),
        (150, 10 / 60, 0.0, 0.0, "memory"),
        (150, 0.0, 0.02, 0.0, "descriptors"),
        (150, 0.0, 0.0, 0.02, "threads"),
    ],
)
def test_a_leak_is_found(
    seconds: int, mb_each: float, descriptors_each: float, threads_each: float, finding: str
) -> None:
    """By samples, one a second, of a process that leaks so much in each, beside a scatter of 1 MB in the single one."""
    scatter = random.Random(1)
    series = Series("view")
    for n in range(seconds):
        mb, descriptors, threads = 80 + n * mb_each, 11 + int(n * descriptors_each), 4 + int(n * threads_each)
        series.samples.append(Sample(float(n), mb + scatter.gauss(0, 1), descriptors, threads))
    found = series.findings()
    assert len(found) == bool(finding)
    assert finding in " ".join(found)
