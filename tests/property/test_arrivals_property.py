"""Schedules and the forms they are written in."""

from __future__ import annotations

import contextlib
import os
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ovtui.engine.errors import ChangeRejected
from ovtui.engine.load.arrivals import due_times, prefetch_trace
from ovtui.engine.traces.read_trace import read_trace
from ovtui.records.engine_protocol import ApplyLive
from ovtui.records.ring.ring_memory import RECORD_STRUCT
from ovtui.records.session_file.shipped import shipped_recordings
from ovtui.records.session_file.writer import RecordingProgress, SessionWriter
from ovtui.settings.changes import convert
from ovtui.settings.errors import SettingsError
from ovtui.settings.schema.arrival import canonical_arrival, describe_load, is_closed_loop, parse_arrival
from ovtui.settings.schema.settings import Settings

RATES = st.floats(0.5, 50_000)


def due_s(count: int, **values: object) -> np.ndarray:
    return np.array(list(islice(due_times(convert(values)), count))) / 1e9


@given(RATES)
def test_constant_does_not_drift(rate: float) -> None:
    found = due_s(2000, rate=rate)
    assert np.allclose(found, np.arange(2000) / rate, rtol=1e-12, atol=1e-12)


@given(RATES, st.integers(0, 5))
def test_poisson_has_the_rate_and_the_seed(rate: float, seed: int) -> None:
    found = due_s(5000, rate=rate, arrival="poisson", seed=seed)
    gaps = np.diff(found)
    assert (gaps >= 0).all()
    # Mean and deviation of an exponential are equal; five thousand give them within 8 % (five sigma).
    assert abs(gaps.mean() * rate - 1) < 0.08
    assert abs(gaps.std() * rate - 1) < 0.12
    assert (found == due_s(5000, rate=rate, arrival="poisson", seed=seed)).all()
    assert (found != due_s(5000, rate=rate, arrival="poisson", seed=seed + 1)).any()


@given(RATES, st.integers(1, 64))
def test_bursts_keep_the_rate(rate: float, size: int) -> None:
    found = due_s(size * 10, rate=rate, arrival=f"burst:{size}").reshape(10, size)
    assert (found == found[:, :1]).all()
    assert np.allclose(np.diff(found[:, 0]), size / rate)


@given(st.floats(1, 1000), st.floats(1, 1000), st.floats(0.5, 20))
def test_ramp_has_the_rate_of_its_moment(start: float, end: float, seconds: float) -> None:
    found = due_s(3000, rate=start, arrival=f"ramp:{end}:{seconds}")
    assert (np.diff(found) >= 0).all()
    # The n-th is due when the area under the rate is n.
    on = np.minimum(found, seconds)
    area = start * on + (end - start) / seconds * on**2 / 2 + end * np.maximum(found - seconds, 0)
    assert np.allclose(area, np.arange(3000), rtol=1e-6, atol=1e-6)


def test_steps_hold_each_rate_and_start_again() -> None:
    found = due_s(35, arrival="steps:10,20:1")
    assert found[:10].tolist() == pytest.approx([n / 10 for n in range(10)])
    assert found[10:30].tolist() == pytest.approx([1 + n / 20 for n in range(20)])
    assert found[30:].tolist() == pytest.approx([2 + n / 10 for n in range(5)])


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=50))
def test_trace_is_in_order_from_its_first(times: list[float]) -> None:
    # Written and read through a real file, in any order.
    import tempfile

    expected_ns = pytest.approx([(time - min(times)) * 1e9 for time in sorted(times)], abs=2)
    with tempfile.NamedTemporaryFile("w", suffix=".csv") as file:
        file.write("# a comment\nt_s,x\n" + "".join(f"{time:.9f},x\n" for time in times))
        file.flush()
        assert read_trace(file.name).due_ns == expected_ns
    with tempfile.NamedTemporaryFile("w", suffix=".csv") as file:
        file.write("# a comment\n" + "".join(f"{time!r},x\n" for time in times))
        file.flush()
        # Without a header and with so few decimals a number can have two readings, 1.375 and a day of a spreadsheet.
        with contextlib.suppress(ChangeRejected):
            assert read_trace(file.name).due_ns == expected_ns


def test_a_trace_takes_our_own_export(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    path.write_text("seq,due_ns\n0,5000\n1,7000\n")
    assert read_trace(str(path)).due_ns == [0.0, 2000.0]


def test_a_recorded_session_is_a_trace(tmp_path: Path) -> None:
    """Its requests lie in the file by completion; due times come in order, from the first."""
    due_ns = [5_000, 1_000, 9_000, 9_000]
    path = tmp_path / "s.ovtui"
    writer = SessionWriter(str(path), {}, 1 << 30)
    rows = [
        RECORD_STRUCT.pack(n, n, due, due + 10, due + 500, 0.1, 0, 0, 1, 1, 0, 16, 0, 0.0, 0.0)
        for n, due in enumerate(due_ns)
    ]
    writer.write([], [b"".join(rows)], RecordingProgress(10_000, 0, 4, 0))
    writer.close()
    assert read_trace(str(path)).due_ns == [0.0, 4_000.0, 8_000.0, 8_000.0]
    assert is_closed_loop(convert({"arrival": f"trace:{path}"})) is False


@pytest.mark.parametrize("name", shipped_recordings())
def test_our_demos_are_traces_by_their_names(name: str) -> None:
    found = np.array(read_trace(name).due_ns)
    assert len(found) >= 20
    assert found[0] == 0
    assert (np.diff(found) >= 0).all()


def test_an_empty_or_foreign_recording_is_refused(tmp_path: Path) -> None:
    SessionWriter(str(tmp_path / "empty.ovtui"), {}, 1 << 30).close()
    (tmp_path / "foreign.ovtui").write_text("seq,due_ns")
    for name, words in (("empty", "no request in it"), ("foreign", "not a session file"), ("gone", "no such file")):
        with pytest.raises(ChangeRejected, match=f"trace .*{name}.ovtui: .*{words}"):
            read_trace(str(tmp_path / f"{name}.ovtui"))


@pytest.mark.parametrize("text", ["", "a,b\n", "1.0\nx\n", "nan\n"])
def test_a_bad_trace_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(text)
    with pytest.raises(ChangeRejected, match="trace"):
        read_trace(str(path))


@given(st.text(max_size=20) | st.sampled_from(["Poisson", " constant ", "burst: 4", "ramp:1:2", "trace: a b"]))
def test_any_text_is_refused_or_reads_back(text: str) -> None:
    tidy = tidied(text)
    if tidy is not None:
        assert parse_arrival(tidy) == parse_arrival(text)
        assert canonical_arrival(tidy) == tidy


def tidied(text: str) -> str | None:
    try:
        return canonical_arrival(text)
    except SettingsError:
        return None


@pytest.mark.parametrize("form", ["poisson", "burst:4", "ramp:10:5"])
def test_forms_that_need_a_rate_say_so(form: str) -> None:
    with pytest.raises(SettingsError, match="needs a rate"):
        convert({"arrival": form})
    assert not is_closed_loop(convert({"arrival": form, "rate": 10.0}))


def test_the_load_in_words() -> None:
    assert describe_load(convert({})) == "closed loop"
    assert describe_load(convert({"rate": "30ms"})) == "33.33/s (each 30 ms)"
    assert describe_load(convert({"rate": 100.0, "arrival": "burst:8"})) == "bursts of 8, 100/s"
    assert describe_load(convert({"arrival": "steps:10,20:5"})) == "steps of 10, 20/s, 5 s each"


def test_a_trace_that_a_change_asks_for_is_read_before_the_load_thread_takes_it(tmp_path: Path) -> None:
    path = tmp_path / "trace.csv"
    path.write_text("0\n1\n")
    settings = Settings(arrival=f"trace:{path}")
    prefetch_trace(ApplyLive(segment=2, settings=settings, changes=[]))
    read = path.stat()
    path.write_text("0\n2\n")
    os.utime(path, ns=(read.st_atime_ns, read.st_mtime_ns))  # as if it had not been written since
    assert list(due_times(settings)) == [0.0, 1e9]
    os.utime(path, ns=(read.st_atime_ns, read.st_mtime_ns + 1))
    assert list(due_times(settings)) == [0.0, 2e9]
    path.unlink()
    prefetch_trace(ApplyLive(segment=3, settings=settings, changes=[]))
    with pytest.raises(ChangeRejected, match="no such file"):
        due_times(settings)
