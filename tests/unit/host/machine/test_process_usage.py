"""The CPU use of single processes."""

from __future__ import annotations

import os
import subprocess

import pytest

from ovtui.host.machine import process_usage
from ovtui.host.machine.process_usage import ProcessUsageMeter


def test_processes_that_are_gone_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process_usage, "PROCESSES", 3)
    meter = ProcessUsageMeter()
    for _ in range(8):
        with subprocess.Popen(["cat"], stdin=subprocess.PIPE) as process:
            meter.use([process.pid])
            meter.use([os.getpid()])
    assert len(meter._before) == 3
    assert os.getpid() in meter._before
    assert process.pid in meter._before
