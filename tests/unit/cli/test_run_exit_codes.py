"""How `ovtui run` ends, from what was measured."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
import numpy as np
import pytest
from samples import SECOND, records, started, update

from ovtui.cli.exits import Exit
from ovtui.cli.main import run
from ovtui.cli.replay import _write_result
from ovtui.cli.run import _exit_code
from ovtui.metrics.digest import Digest
from ovtui.records.events import EngineFailed, Event
from ovtui.records.record import Flag
from ovtui.records.session_file.replay import Replay
from ovtui.records.session_file.writer import RecordingProgress, SessionWriter
from ovtui.settings.schema.settings import Settings


def ended(slo: str, requests: int, errors: int) -> Digest:
    digest = Digest()
    rows = records(500 + np.arange(requests) * 5.0, 4.0, segment=1)
    rows["flags"][:errors] = int(Flag.ERROR)
    digest.feed(update(None, *started(Settings(slo=slo, warm_up="none")), now_s=0.4))
    digest.feed(update(rows, now_s=30, submitted=requests, finished=True))
    return digest


@pytest.mark.parametrize(
    ("slo", "requests", "errors", "signals", "code"),
    [
        ("p99<20ms", 2000, 0, 0, Exit.FINE),
        ("p99<3ms", 2000, 0, 0, Exit.LIMIT_MISSED),
        ("p99<20ms", 100, 0, 0, Exit.LIMIT_MISSED),
        ("p99<20ms", 2000, 1, 0, Exit.LIMIT_MISSED),
        ("p99<20ms,errors<1%", 2000, 1, 0, Exit.FINE),
        ("", 88, 84, 0, Exit.FINE),
        ("", 88, 88, 0, Exit.FAILED),
        ("errors=0", 88, 88, 0, Exit.FAILED),
        ("p99<3ms", 2000, 0, 1, Exit.INTERRUPTED),
    ],
)
def test_the_exit_code_says_whether_every_limit_is_known_to_hold(
    slo: str, requests: int, errors: int, signals: int, code: Exit, capsys: pytest.CaptureFixture[str]
) -> None:
    interrupt: Any = SimpleNamespace(count=signals)
    assert _exit_code(ended(slo, requests, errors), interrupt) == code
    told = capsys.readouterr().err
    assert ("errors=0 (default) MISSED: 1" in told) == (slo == "p99<20ms" and errors == 1)
    assert ("not known is not held" in told) == (requests == 100)


@pytest.mark.parametrize("requests", [0, 3])
def test_a_host_that_died_early_measured_nothing(requests: int, capsys: pytest.CaptureFixture[str]) -> None:
    digest = Digest()
    digest.feed(update(records(500 + np.arange(requests) * 5.0), *started(), now_s=1, finished=True, host_gone=True))
    interrupt: Any = SimpleNamespace(count=0)
    assert _exit_code(digest, interrupt) == Exit.FAILED
    told = "what was measured until then is above" if requests else "nothing was measured"
    assert capsys.readouterr().err == f"ovtui: the host process died; {told}\n"


@pytest.mark.parametrize("json_path", ["", "-"])
@pytest.mark.parametrize(
    ("events", "why"),
    [
        (started(), ""),
        ([*started()[:2], EngineFailed(t_ns=1, engine=1, reason="no such file")], "no such file"),
    ],
)
def test_a_recording_without_requests_says_so(
    events: list[Event], why: str, json_path: str, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    writer = SessionWriter(path := str(tmp_path / "empty.ovtui"), {}, 1 << 30)
    writer.write(events, [], RecordingProgress(SECOND, 0, 0, 0))
    writer.close()
    recording = Replay(path)
    assert _write_result(recording, json_path) == Exit.FAILED
    recording.close()
    out, err = capfdbinary.readouterr()
    assert err.decode().startswith("ovtui: the recording holds no request: nothing was measured")
    assert why in err.decode()
    assert out.startswith(b"{") == bool(json_path)


def test_a_cut_off_pyc_is_no_interruption(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Python leaves one where the disk is full; click takes the EOFError of its import for ctrl+d."""

    def damaged(*_: object, **__: object) -> None:
        raise click.Abort from EOFError("marshal data too short")

    monkeypatch.setattr("ovtui.cli.root.ovtui.main", damaged)
    assert run(["doctor"]) == Exit.FAILED
    assert "a package that ovtui needs cannot be loaded" in capsys.readouterr().err
