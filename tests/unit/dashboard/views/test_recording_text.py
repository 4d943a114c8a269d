"""What the header says of the recording, and the line of the machine."""

from __future__ import annotations

import pytest
from fake_source import FakeSource
from stage import Stage, on_stage

from ovtui.dashboard.views.header import Header
from ovtui.metrics import number_format
from ovtui.records.events import RecordingBegan, RecordingEnded

WIDE, NARROW = (120, 40), (80, 24)
FULL = RecordingEnded(t_ns=0, path="/x", reason="the disk is full", disk_full=True)
BROKEN = RecordingEnded(t_ns=0, path="/x", reason="disk I/O error")


class Unrecorded(FakeSource):
    def _begin(self) -> None:
        super()._begin()
        self._script = [event for event in self._script if not isinstance(event, RecordingBegan)]


@pytest.mark.parametrize(("size", "text"), [(WIDE, "● rec 218 kB"), (NARROW, "● rec")])
def test_a_recording_and_its_size(size: tuple[int, int], text: str) -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(10)
        assert stage.text(Header).rstrip().endswith(text)
        stage.source.stop()
        await stage.advance(0.5)
        assert "●" not in stage.text(Header)
        assert text.removeprefix("● ") in stage.text(Header)

    on_stage(act, size=size)


@pytest.mark.parametrize(
    ("ended", "size", "text"),
    [
        (FULL, WIDE, "recording stopped: disk full"),
        (BROKEN, WIDE, "recording stopped"),
        (FULL, NARROW, "rec stopped"),
    ],
)
def test_a_recording_that_stopped(ended: RecordingEnded, size: tuple[int, int], text: str) -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(2)
        stage.source.tell(ended)
        await stage.advance(1)
        assert stage.text(Header).rstrip().endswith(text)
        assert "●" not in stage.text(Header)

    on_stage(act, size=size)


@pytest.mark.parametrize(("size", "text"), [(WIDE, "not recording"), (NARROW, "no rec")])
@pytest.mark.parametrize("ended", [(), (BROKEN,)], ids=["switched-off", "failed"])
def test_a_session_that_is_not_recorded(ended: tuple[RecordingEnded, ...], size: tuple[int, int], text: str) -> None:
    async def act(stage: Stage) -> None:
        stage.source.tell(*ended)
        await stage.advance(2)
        assert stage.text(Header).rstrip().endswith(text)

    on_stage(act, Unrecorded(), size=size)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        (0, "0 kB"),
        (24_576, "25 kB"),
        (999_600, "1.0 MB"),
        (3.14e6, "3.1 MB"),
        (99.96e6, "100 MB"),
        (250e6, "250 MB"),
        (1.239e9, "1.24 GB"),
    ],
)
def test_sizes(value: float | None, text: str) -> None:
    assert number_format.size(value) == text
