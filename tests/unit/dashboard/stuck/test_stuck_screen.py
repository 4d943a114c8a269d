"""The page of an engine that does not answer, and what the lines of a view say of it."""

from __future__ import annotations

import msgspec
from fake_source import FakeSource
from stage import Stage, on_stage
from textual.containers import VerticalScroll
from textual.widgets import Static

from ovtui.dashboard.stuck.stuck_screen import StuckScreen
from ovtui.dashboard.views.event_line import EventLine
from ovtui.dashboard.views.footer import Footer
from ovtui.records.diagnosis import Diagnosis, DiagnosisOccasion, EngineDiagnosed, PythonThread, ThreadFinding
from ovtui.records.events import EngineResumed, EngineStalled
from ovtui.settings.shown_text import width_of

SECOND = 1_000_000_000


def diagnosed(t_ns: int, occasion: DiagnosisOccasion = "asked", *, stuck: bool = True) -> EngineDiagnosed:
    found = Diagnosis(
        engine=1, pid=1001, phase="load", phase_s=12.0, doing="in infer() of request 1,234 for 12.0 s",
        where="waits in the driver i915 (ioctl)", stuck=stuck, deduced=True, looked_s=0.5,
        evidence=["its main thread in ioctl"],
        threads=[ThreadFinding(tid=1001, name="python", state="D", syscall="ioctl", kernel_stack=["i915_wait"])],
        python=[PythonThread(is_main=True, frames=["run (ovtui/engine/load/sync_loop.py:72)"])],
        no_native="native stacks need eu-stack or gdb: apt install gdb",
    )  # fmt: skip
    return EngineDiagnosed(t_ns=t_ns, engine=1, occasion=occasion, diagnosis=found)


def page_text(stage: Stage) -> str:
    assert isinstance(stage.app.screen, StuckScreen)
    return str(stage.app.screen.query_one(Static).render())


def test_the_page_asks_and_shows_the_answer() -> None:
    source = FakeSource()

    async def act(stage: Stage) -> None:
        await stage.advance(2)
        await stage.press("F")
        assert source.asked_stuck == [False]
        assert page_text(stage).startswith("looking")
        source.tell(diagnosed(source.now_ns + 1))
        await stage.advance(0.5)
        shown = page_text(stage)
        for part in (
            "engine 1 (process 1001): does not go on", "now        waits in the driver i915 (ioctl) (deduced)",
            "run (ovtui/engine/load/sync_loop.py:72)", "i915_wait", "apt install gdb", "as it was asked for",
        ):  # fmt: skip
            assert part in shown
        assert "looking" not in shown
        await stage.press("n", "r")
        assert source.asked_stuck == [False, True, False]
        await stage.advance(5)
        assert "the host does not answer; ovtui stuck" in page_text(stage)
        await stage.press("escape")
        assert not isinstance(stage.app.screen, StuckScreen)

    on_stage(act, source)


def test_what_is_too_long_goes_on_under_its_own_column() -> None:
    source = FakeSource()

    async def act(stage: Stage) -> None:
        await stage.advance(2)
        await stage.press("F")
        event = diagnosed(source.now_ns + 1)
        threads = [
            ThreadFinding(tid=2_890_001, name="python", state="S", cores=0.02, syscall="rt_sigtimedwait",
                          wchan="do_sigtimedwait.isra.0"),
            ThreadFinding(tid=2_890_002, name="日本", state="R", cores=0.5, wchan="__skb_wait_for_more_packets",
                          file="socket:[363079]"),
        ]  # fmt: skip
        seen = "Python stack of its main thread: sleep_until (ovtui/engine/load/punctual_sleep.py:49)"
        found = msgspec.structs.replace(event.diagnosis, threads=threads, evidence=[seen])
        source.tell(msgspec.structs.replace(event, diagnosis=found))
        await stage.advance(0.5)
        lines = page_text(stage).splitlines()
        assert max(map(width_of, lines)) <= 74
        table = lines.index("THREAD   NAME    STATE   CORES  CALL             IN THE KERNEL (0.50 s)")
        assert lines[table + 1].startswith("2890001  python  sleeps   0.02  rt_sigtimedwait  do_sigtimedwait")
        assert lines[table + 2].startswith("2890002  日本    runs     0.50  –                __skb_wait")
        assert lines[table + 3].startswith(" " * 49)
        assert lines[table - 2].strip() == "(ovtui/engine/load/punctual_sleep.py:49)"
        assert lines[table - 2].startswith(" " * 11)

    on_stage(act, source, size=(80, 24))


def test_a_replay_shows_what_was_found_and_asks_nobody() -> None:
    source = FakeSource(replayed=True)

    async def act(stage: Stage) -> None:
        await stage.advance(2)
        await stage.press("F")
        assert page_text(stage) == "No engine was looked at in this session."
        source.tell(diagnosed(source.now_ns, "overdue"))
        await stage.advance(0.5)
        assert "before it was killed" in page_text(stage)
        page = stage.app.screen.query_one(VerticalScroll)
        assert "native" not in str(page.border_subtitle)
        assert source.asked_stuck == []

    on_stage(act, source)


def test_a_stall_says_where_the_engine_stands_once_it_was_looked_at() -> None:
    source = FakeSource()

    async def act(stage: Stage) -> None:
        await stage.advance(2)
        t_ns = source.now_ns
        source.tell(EngineStalled(t_ns=t_ns, engine=1, pid=1001, since_ns=t_ns - SECOND, cause="asleep", in_flight=1))
        await stage.advance(0.25)
        assert "it waits for its device or for a lock" in stage.text(EventLine)
        assert "F stuck" in stage.text(Footer)
        source.tell(diagnosed(source.now_ns, "stalled"))
        await stage.advance(0.25)
        told = " ".join(stage.text(EventLine).split())
        assert "it waits in the driver i915 (ioctl) (deduced) (F shows all)" in told
        source.tell(EngineResumed(t_ns=source.now_ns, engine=1, since_ns=t_ns))
        await stage.advance(0.25)
        assert "STALLED" not in stage.text(EventLine)
        assert "F stuck" not in stage.text(Footer)

    on_stage(act, source)
