"""Any list of times, written in any dialect of a spreadsheet, is read as these times or refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from harness.trace_dialects import DIALECTS, Dialect, written
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from ovtui.engine.errors import ChangeRejected
from ovtui.engine.traces.csv_trace import read_csv

TIMES = st.lists(st.integers(-50, 3_000_000) | st.integers(0, 2000), min_size=1, max_size=8)


def _require_one_sentence(error: ChangeRejected, path: Path) -> None:
    assert str(error).startswith(f"trace {path}")
    assert "\n" not in str(error)


def read_or_refused(path: Path, times: list[int], dialect: Dialect) -> bool:
    """True where the file was read, which then has to be right."""
    data, wanted_ns = written(times, dialect)
    path.write_bytes(data)
    try:
        found = read_csv(str(path))
    except ChangeRejected as error:
        _require_one_sentence(error, path)
        return False
    assert found.due_ns == pytest.approx([float(ns) for ns in wanted_ns], abs=0.5), (data, found.text)
    return True


@given(TIMES, DIALECTS)
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_dialect_is_read_right_or_refused(tmp_path: Path, times: list[int], dialect: Dialect) -> None:
    if not dialect.header and not dialect.stamps and dialect.unit != "s":
        return  # nobody could know
    event("read" if read_or_refused(tmp_path / "t.csv", times, dialect) else "refused")


@given(st.binary(max_size=60) | st.text(alphabet="0123.,;\t \"'\r\n#=-:TeEns\u00a0", max_size=40).map(str.encode))
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_are_read_or_refused_in_one_sentence(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(data)
    try:
        found = read_csv(str(path))
    except ChangeRejected as error:
        _require_one_sentence(error, path)
    else:
        assert found.due_ns[0] == 0.0
        assert found.due_ns == sorted(found.due_ns)
