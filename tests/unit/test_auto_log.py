from __future__ import annotations

from ovtui.host.auto_log import AutoLog
from ovtui.records.events import AcceleratorNews, Event, LogLine


def line(text: str) -> str:
    return f"[07:11:18.7452]I[auto_schedule.cpp:163][AUTO] {text}\n"


def told(*pieces: str) -> list[Event]:
    log = AutoLog(3, lambda: 17)
    return [event for piece in pieces for event in log.feed(piece.encode())] + log.flush()


def news(*pieces: str) -> list[tuple[str, str, float | None, str]]:
    found = [event for event in told(*pieces) if isinstance(event, AcceleratorNews)]
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
    assert len([event for event in told(text) if isinstance(event, LogLine)]) == 7


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


def test_where_auto_cuts_a_reason_off_its_broken_end_goes() -> None:
    failure = (
        "Device: [NPU]: Compile model failure: Exception from src/inference/src/dev/plugin.cpp:54:\n"
        "VCL compiler loading failed, aborting. Error: Exception from src/plugi"
    )
    assert news(line(failure)) == [("NPU", "failed", None, "VCL compiler loading failed, aborting")]


def test_what_is_not_understood_goes_to_the_log_as_it_is() -> None:
    events = told(line("a line of a later release"), "Segmentation fault\n")
    assert [event.text for event in events if isinstance(event, LogLine)] == [
        "AUTO a line of a later release",
        "Segmentation fault",
    ]
