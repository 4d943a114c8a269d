"""Other processes on the cores, as spans, in a made-up /proc."""

from __future__ import annotations

from pathlib import Path

import pytest

from ovtui.host.machine import process_times
from ovtui.host.machine.other_load_watch import OtherLoadEvent, OtherLoadWatch
from ovtui.host.machine.process_times import process_time
from ovtui.records.events import OtherLoadBegan, OtherLoadEnded
from ovtui.records.machine_readings import MachineReading

S = 1_000_000_000
OURS = 100


class Box:
    """A machine of 4 cores, whose processes take CPU time as the test says."""

    def __init__(self, root: Path) -> None:
        self.root, self.at = root, -1
        self.watch = OtherLoadWatch(root, 4, lambda: {OURS}, ticks_per_s=100)
        self.ticks: dict[int, int] = {}
        self.children: dict[int, int] = {}
        self.named: dict[int, tuple[bytes, int, int]] = {}

    def process(self, pid: int, name: bytes, *, parent: int = 1, started: int = 5) -> None:
        self.named[pid] = name, parent, started
        self.ticks[pid] = 0
        self._put(pid)

    def _put(self, pid: int) -> None:
        name, parent, started = self.named[pid]
        ticks = self.ticks[pid]
        fields = f"S {parent} 1 1 0 -1 0 0 0 0 0 {ticks // 2} {ticks - ticks // 2} "
        fields += f"{self.children.get(pid, 0)} 0 20 0 1 0 {started} 0 0"
        folder = self.root / "proc" / str(pid)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "stat").write_bytes(b"%d (%s) " % (pid, name) + fields.encode() + b"\n")

    def second(self, other_cores: float | None, **cores: float) -> list[OtherLoadEvent]:
        """A second in which others took so many cores, of which these processes (p7=1.5) took their part."""
        for name, taken in cores.items():
            self.ticks[int(name[1:])] += round(taken * 100)
            self._put(int(name[1:]))
        self.at += 1
        return self.watch.look(MachineReading(t_ns=self.at * S, other_cores=other_cores))


@pytest.fixture
def box(tmp_path: Path) -> Box:
    box = Box(tmp_path)
    box.process(7, b"stress-ng (1) x")
    box.process(8, b"other")
    box.process(OURS, b"engine")
    box.second(0.0)
    return box


def test_the_busiest_process_is_named(box: Box) -> None:
    assert box.second(1.6, p7=1.5, p8=0.1) == []
    assert box.second(1.6, p7=1.5, p8=0.1) == [OtherLoadBegan(t_ns=0, name="stress-ng (1) x", pid=7, percent=37.5)]
    for _ in range(4):
        assert box.second(1.6, p7=1.5) == []
    quiet = [event for _ in range(3) for event in box.second(0.1)]
    assert quiet == [OtherLoadEnded(t_ns=6 * S, name="stress-ng (1) x", pid=7, since_ns=0, percent=37.5)]


def test_where_nothing_is_read_any_more_the_span_ends(box: Box) -> None:
    assert box.watch.end() == []
    box.second(1.6, p7=1.6)
    box.second(1.6, p7=1.6)
    assert box.watch.end() == [OtherLoadEnded(t_ns=2 * S, name="stress-ng (1) x", pid=7, since_ns=0, percent=40.0)]
    assert box.watch.end() == []


def test_a_single_second_is_no_disturbance(box: Box) -> None:
    assert [event for other in (1.6, 0.0, 1.6, 0.0) for event in box.second(other, p7=other)] == []


def test_a_load_that_flickers_is_one_span(box: Box) -> None:
    box.second(1.6, p7=1.6)
    box.second(1.6, p7=1.6)
    events = [event for cores in (0.0, 1.6, 0.0, 0.0, 1.6, 0.0, 0.0, 0.0) for event in box.second(cores, p7=cores)]
    assert [type(event) for event in events] == [OtherLoadEnded]
    assert events[0].t_ns == 7 * S


def test_several_processes_are_not_one(box: Box) -> None:
    box.process(9, b"third")
    box.second(1.5, p7=0.5, p8=0.5, p9=0.5)
    (began,) = box.second(1.5, p7=0.5, p8=0.5, p9=0.5)
    assert (began.name, began.pid, began.unseen, began.percent) == ("", 0, False, 37.5)


def test_what_cannot_be_seen_is_told_so(box: Box) -> None:
    box.second(2.0, p7=0.2)
    (began,) = box.second(2.0, p7=0.2)
    assert (began.name, began.unseen, began.percent) == ("", True, 50.0)


def test_the_sessions_processes_and_their_children_do_not_count(box: Box) -> None:
    box.process(101, b"child", parent=OURS)
    box.process(102, b"grandchild", parent=101)
    box.second(1.6, p102=1.5, p8=0.1)
    assert box.second(1.6, p102=1.5, p8=0.1) == []
    box.second(3.0, p102=1.5, p8=1.5)
    (began,) = box.second(3.0, p102=1.5, p8=1.5)
    assert (began.name, began.percent) == ("other", 37.5)


def test_children_that_have_ended_can_be_seen(box: Box) -> None:
    """A build: each compiler is gone before the next look."""
    box.second(2.0, p7=0.1)
    box.children[7] = 190
    (began,) = box.second(2.0, p7=0.1)
    assert (began.name, began.unseen, began.percent) == ("", False, 50.0)


def test_a_process_that_has_just_begun_is_named(box: Box) -> None:
    box.second(1.6)
    box.process(50, b"new", started=900)
    (began,) = box.second(1.6, p50=1.6)
    assert (began.name, began.pid, began.percent) == ("new", 50, 40.0)


def test_a_process_that_ends_ends_its_span_and_another_begins_another(box: Box) -> None:
    box.second(1.6, p7=1.6)
    box.second(1.6, p7=1.6)
    (box.root / "proc/7/stat").unlink()
    del box.ticks[7]
    events = [event for _ in range(6) for event in box.second(1.6, p8=1.6)]
    assert [(type(event), event.name) for event in events] == [
        (OtherLoadEnded, "stress-ng (1) x"), (OtherLoadBegan, "other"),
    ]  # fmt: skip


def test_a_number_that_is_used_again_is_another_process(box: Box) -> None:
    box.second(1.6, p7=1.6)
    box.process(7, b"new", started=99)
    (began,) = box.second(1.6, p7=1.6)
    assert (began.name, began.percent) == ("new", 40.0)


def test_a_reading_that_tells_nothing_names_nobody(box: Box) -> None:
    assert [event for other in (1.6, None, 1.6, None) for event in box.second(other, p7=1.6)] == []


def test_a_name_of_any_bytes_is_shown_clean(tmp_path: Path) -> None:
    box = Box(tmp_path)
    box.process(3, b"a\x1b[2J\xff) R")
    read = process_time(tmp_path, 3, 100)
    assert read is not None
    assert "\x1b" not in read.name
    read.name.encode("utf-8")


@pytest.mark.parametrize("content", [b"", b"7 (x) S", b"7 (x) S a b c", b"\xff" * 2000])
def test_a_stat_of_garbage_is_no_process(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "proc/7").mkdir(parents=True)
    (tmp_path / "proc/7/stat").write_bytes(content)
    assert process_time(tmp_path, 7, 100) is None
    assert process_times.process_times(tmp_path / "nothing", 100) == {}


def test_so_many_processes_are_looked_at_and_no_more(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process_times, "MOST_PROCESSES", 2)
    assert len(process_times.process_times(box.root, 100)) == 2
