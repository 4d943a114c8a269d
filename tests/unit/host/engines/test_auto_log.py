from __future__ import annotations

from ovtui.host.engines.auto_log import AutoLog
from ovtui.records.events import AcceleratorChanged, Event, LogLine


def line(text: str) -> str:
    return f"[07:11:18.7452]I[auto_schedule.cpp:163][AUTO] {text}\n"


def events_of(*pieces: str) -> list[Event]:
    log = AutoLog(3, lambda: 17)
    return [event for piece in pieces for event in log.feed(piece.encode())] + log.flush()


def news(*pieces: str) -> list[tuple[str, str, float | None, str]]:
    found = [event for event in events_of(*pieces) if isinstance(event, AcceleratorChanged)]
    assert all((event.engine, event.t_ns) == (3, 17) for event in found)
    return [(event.device, event.state, event.compile_ms, event.reason) for event in found]


def test_the_choice_the_compile_and_the_release_of_the_stand_in() -> None:
    text = "".join(
        line(said)
        for said in (
            "select device:GPU.0",
            "will load CPU for accelerator",
            "Device: [CPU]: Compile model took 114.440714 ms",
            "Device: [GPU.0]: Compile model took 3726.283969 ms",
            "CPU_HELP:infer:1525",
            "release all work requests of CPU_HELP",
            "helper released!!",
        )
    )
    assert news(text) == [
        ("GPU.0", "compiling", None, ""),
        ("GPU.0", "compiled", 3726.283969, ""),
        ("CPU", "released", None, ""),
    ]
    assert len([event for event in events_of(text) if isinstance(event, LogLine)]) == 7


def test_lines_come_in_any_pieces() -> None:
    text = line("select device:GPU.0") + line("helper released!!")
    assert news(*text) == news(text) == [("GPU.0", "compiling", None, ""), ("CPU", "released", None, "")]


def test_the_reason_of_a_failure_runs_over_the_lines_that_follow() -> None:
    failure = (
        "Device: [GPU.0]: Compile model failure: Exception from src/inference/src/dev/plugin.cpp:54:\n"
        "Check 'false' failed at src/plugins/intel_gpu/src/plugin/program_builder.cpp:168:\n"
        "[GPU] ProgramBuilder build failed!\nException from src/plugins/intel_gpu/src/runt\n"
    )
    text = line(failure[:-1]) + line("helper released!!")
    assert news(text) == [
        ("GPU.0", "failed", None, "[GPU] ProgramBuilder build failed!"),
        ("CPU", "released", None, ""),
    ]


def test_the_broken_end_of_a_reason_that_auto_cuts_off_is_dropped() -> None:
    failure = (
        "Device: [NPU]: Compile model failure: Exception from src/inference/src/dev/plugin.cpp:54:\n"
        "VCL compiler loading failed, aborting. Error: Exception from src/plugi"
    )
    assert news(line(failure)) == [("NPU", "failed", None, "VCL compiler loading failed, aborting")]


def test_unknown_lines_go_to_the_log_unchanged() -> None:
    events = events_of(line("a line of a later release"), "Segmentation fault\n")
    assert [event.text for event in events if isinstance(event, LogLine)] == [
        "AUTO a line of a later release",
        "Segmentation fault",
    ]


class Flood:
    """A log on a clock that the test moves."""

    def __init__(self) -> None:
        self.now_ns = 0
        self.log = AutoLog(3, lambda: self.now_ns)

    def pour(self, count: int, text: str = "x" * 80) -> list[LogLine]:
        return [event for event in self.log.feed(f"{text}\n".encode() * count) if isinstance(event, LogLine)]


def test_a_flood_is_cut_off_and_what_was_left_out_is_counted() -> None:
    flood = Flood()
    kept = flood.pour(100_000)
    assert 1000 < len(kept) < 4000
    assert flood.log.has_pending
    (gap,) = flood.log.flush()
    assert isinstance(gap, LogLine)
    assert gap.left_out == 100_000 - len(kept)
    assert f"{gap.left_out:,} lines left out" in gap.text
    assert not flood.log.has_pending


def test_a_flood_that_goes_on_costs_little_each_second_and_counts_everything() -> None:
    flood = Flood()
    total, told = 100_000, flood.pour(100_000)
    for _ in range(100):
        flood.now_ns += 100_000_000
        total += 5000
        told += flood.pour(5000)
    gaps = [line for line in told if line.left_out]
    assert 5 <= len(gaps) <= 10  # one a second, not one a line
    assert len(told) < 5000
    rest = flood.log.flush()[0]
    assert isinstance(rest, LogLine)
    assert sum(gap.left_out for gap in gaps) + rest.left_out + len(told) - len(gaps) == total


def test_after_a_flood_every_line_is_kept_again() -> None:
    flood = Flood()
    flood.pour(100_000)
    flood.now_ns += 60_000_000_000
    first, second = flood.pour(1), flood.pour(1)
    assert [line.left_out > 0 for line in first] == [True, False]
    assert [line.left_out for line in second] == [0]


def test_accelerator_events_are_published_within_a_flood() -> None:
    flood = Flood()
    flood.pour(100_000)
    events = flood.log.feed(line("select device:GPU.0").encode())
    assert [type(event) for event in events] == [AcceleratorChanged]


def test_a_failure_before_a_flood_does_not_keep_the_flood() -> None:
    flood = Flood()
    flood.log.feed(line("Device: [GPU.0]: Compile model failure: broken").encode())
    flood.pour(100_000)
    assert flood.log._failing is not None
    assert len(flood.log._failing[1]) <= 50
