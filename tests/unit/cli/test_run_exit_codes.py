"""How `ovtui run` ends, from what was measured."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from samples import records, started, update

from ovtui.cli.exits import Exit
from ovtui.cli.run import _exit_code
from ovtui.metrics.digest import Digest
from ovtui.records.record import Flag
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
