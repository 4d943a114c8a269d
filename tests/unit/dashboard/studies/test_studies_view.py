"""View 7 over studies that never ran: every kind, from its begin to its end, at every size."""

from __future__ import annotations

import msgspec
import pytest
import study_scenes as scenes
from fake_source import SECOND, FakeSource
from stage import Stage, on_stage

from ovtui.dashboard.drawing.glyphs import GLYPHS
from ovtui.dashboard.overview.figures import FiguresPanel
from ovtui.dashboard.preferences import Preferences
from ovtui.dashboard.segments.history_view import HistoryView
from ovtui.dashboard.studies.studies_view import StudiesView
from ovtui.dashboard.studies.study_head import StudyHead
from ovtui.dashboard.studies.study_list import StudyList
from ovtui.dashboard.studies.study_plot import StudyPlot
from ovtui.dashboard.views.event_line import EventLine
from ovtui.dashboard.views.footer import Footer
from ovtui.dashboard.views.header import Header
from ovtui.metrics import number_format
from ovtui.records.events import Refused, SegmentBegan, StudyEnded, StudyStopping, TrialEnded
from ovtui.records.study_events import BesideAnswer, BesideSpec, StudyPoint
from ovtui.settings.schema.display_settings import DisplaySettings
from ovtui.settings.schema.settings import Settings

SIZES = [(80, 24), (120, 40), (200, 60)]


def pictures(stage: Stage) -> str:
    """What the pictures show that are in sight."""
    plots = [plot for plot in stage.app.screen.query(StudyPlot) if plot.size.height and plot.is_on_screen]
    return "\n".join(plot.render_line(y).text for plot in plots for y in range(plot.size.height))


def rows(stage: Stage) -> list[str]:
    return [line for line in stage.text(StudyList).split("\n") if line.strip()]


@pytest.mark.parametrize("size", [(80, 24), (200, 60)])
def test_nothing_yet(size: tuple[int, int]) -> None:
    async def act(stage: Stage) -> None:
        await scenes.open_view(stage)
        assert isinstance(stage.app.view, StudiesView)
        head = stage.text(StudyHead)
        assert "none in this session yet" in head
        assert "r find rate  w sweep  b beside" in head
        assert "@ pins these settings as A, X compares" in head
        assert rows(stage) == []
        for key in ("left", "enter", "o", "u", "m", "z", "H", "j", "Y"):
            await stage.press(key)
        assert isinstance(stage.app.view, StudiesView)

    on_stage(act, scenes.source(), size)


@pytest.mark.parametrize("size", SIZES)
def test_a_search_for_the_rate_from_its_begin_to_its_end(size: tuple[int, int]) -> None:
    async def act(stage: Stage) -> None:
        await scenes.open_view(stage)
        await scenes.begin(stage, scenes.FIND_RATE)
        assert stage.text(StudyHead).split("\n")[1].strip() == "find-rate: begins"
        assert rows(stage)[-1].strip() == "no probe is over yet"
        await scenes.tell(stage, scenes.step(stage, "100/s", doing="compiling", point=1, ends_ns=None))
        assert "find-rate: probe 1 · compiling 100/s" in stage.text(StudyHead)
        await scenes.tell(stage, *scenes.probes(6, stage.source.now_ns), scenes.step(stage, "436/s", point=7))
        assert "find-rate: probe 7 · measuring 436/s · about 38 s left" in stage.text(StudyHead)
        # Here the line need not say which view shows it.
        assert stage.text(EventLine).endswith("find-rate: probe 7 · measuring 436/s · about 38 s left")
        assert "find-rate 7 " in stage.text(Header)
        listed = rows(stage)
        assert listed[-1].split()[:6] == ["6", "476", "2,000", "11.9", "20.7", "31.0"]
        assert " MISSED" in listed[-1]
        assert "overloaded  the queue grew" in listed[-3]
        if size == (80, 24):
            assert pictures(stage) == ""
            await stage.press("z")
            assert not stage.app.screen.query_one(StudyList).display
        drawn = pictures(stage)
        assert "RESPONSE AGAINST RATE" in drawn
        assert "holds 400" in drawn
        assert "fails 476" in drawn
        assert "p99<20ms" in drawn
        assert drawn.count("x") >= 3
        await scenes.tell(stage, *scenes.probes(8, stage.source.now_ns)[6:], scenes.rate_found(stage.source.now_ns))
        head = stage.text(StudyHead)
        assert "holds 400/s, fails 436/s, 8 probes, 96 s" in head
        assert "each verdict with 99 % confidence" in head
        assert " ".join(stage.text(EventLine).split("\n")).endswith("holds 400/s, fails 436/s, 8 probes, 96 s")
        assert "find-rate 7" not in stage.text(Header)
        assert "not known 436" in pictures(stage)

    on_stage(act, scenes.source(), size)


@pytest.mark.parametrize("size", SIZES)
def test_a_sweep_shows_its_points_its_front_and_its_maps(size: tuple[int, int]) -> None:
    async def act(stage: Stage) -> None:
        await scenes.open_view(stage)
        await scenes.begin(stage, scenes.SWEEP)
        now_ns = stage.source.now_ns
        await scenes.tell(stage, *(scenes.sweep_point(number, now_ns) for number in range(1, 11)))
        await scenes.tell(stage, scenes.step(stage, "streams 1", point=11, planned=18))
        assert "sweep: point 11 of 18 · measuring streams 1 · about 38 s left" in stage.text(StudyHead)
        assert "sweep 11/18 " in stage.text(Header)
        listed = rows(stage)
        assert "dropped" in listed[-1]
        assert "refused  Open" in listed[-2]
        assert listed[-3].split()[:4] == ["8", "latency", "4", "4"]
        assert "held  front" in listed[-3]
        if size == (80, 24):
            await stage.press("z")
        drawn = pictures(stage)
        assert "THROUGHPUT AGAINST p99" in drawn
        assert "THROUGHPUT, /s: streams by hint" in drawn
        assert drawn.count("600.0") == 1
        await stage.press("m")
        assert "THROUGHPUT, /s: in flight by hint" in pictures(stage)
        await stage.press("m")
        assert "THROUGHPUT, /s: streams by in flight" in pictures(stage)
        if size == (80, 24):
            await stage.press("z")
        await scenes.tell(stage, *(scenes.sweep_point(number, now_ns) for number in range(11, 19)))
        await scenes.tell(stage, scenes.swept(stage.source.now_ns))
        assert "point 8 is the best: 600/s" in stage.text(StudyHead)
        assert "saved as /home/me/presets/best.toml" in stage.text(StudyHead)
        await stage.press("home", *["j"] * 7)
        assert next(line for line in rows(stage) if line.split()[0] == "8").rstrip().endswith("BEST")
        # A row that is cut is whole under the table, where there is room.
        if size != (80, 24):
            await stage.press("j")
            assert "on this device" in " ".join(" ".join(rows(stage)).split())

    on_stage(act, scenes.source(), size)


@pytest.mark.parametrize("pinned", [False, True])
def test_a_trial_has_the_figures_of_its_page(pinned: bool) -> None:
    async def act(stage: Stage) -> None:
        await scenes.open_view(stage)
        await scenes.run_trial(stage, 12, pinned=pinned)
        names = ("A, pinned", "B, now") if pinned else ("A, as it was", "B, on trial")
        head, *listed = rows(stage)
        assert all(name in head for name in (*names, "B against A"))
        figures = stage.app.digest.trials()[-1]
        p99 = listed[3].split()
        assert p99[1] == number_format.milliseconds(figures.sides["A"].response.p99)
        assert p99[3] == number_format.milliseconds(figures.sides["B"].response.p99)
        state, pairs = stage.text(StudyHead).split("\n")[1:3]
        await stage.press("V")
        page = str(stage.app.screen.query_one("#trial").render())
        for line in (*listed, state, pairs):
            for cell in line.split("  "):
                assert cell.strip() in page
        assert ("go back to A, pinned" in page) == pinned
        await stage.press("enter")
        assert stage.source.applied[-1].nireq == 4

    on_stage(act, scenes.source())


def test_a_second_model_beside_this_one_is_one_study() -> None:
    async def act(stage: Stage) -> None:
        await scenes.open_view(stage)
        await scenes.begin(stage, BesideSpec(settings=Settings(model="demo-mlp", rate=20.0)))
        assert "beside: begins" in stage.text(StudyHead)
        await scenes.run_trial(stage, 7, beside="demo-mlp", ended=False)
        head = stage.text(StudyHead)
        assert head.startswith(" STUDY  beside demo-mlp\n demo-mlp: block 14 of 14")
        assert "7 pairs of blocks" in head
        columns, throughput, *_ = rows(stage)
        assert columns.split() == ["alone", "beside", "beside", "against", "alone"]
        figures = stage.app.digest.trials()[-1]
        assert throughput.split()[1] == number_format.rate(figures.sides["A"].throughput)
        await stage.press("H")
        assert stage.source.study_ends == 1
        answer = BesideAnswer(trial=1, second=scenes.figures(8.0, 20.0))
        ended = TrialEnded(t_ns=stage.source.now_ns, trial=1, reason="done")
        await scenes.tell(
            stage, ended, StudyEnded(t_ns=stage.source.now_ns, study=1, reason="done", text="p99 +3 %", answer=answer)
        )
        head = stage.text(StudyHead)
        assert head.startswith(
            " STUDY  beside demo-mlp\n p99 +3 %\n 7 pairs of blocks · demo-mlp itself, beside: 20.0 /s"
        )

    on_stage(act, scenes.source())


def test_between_studies_and_back_to_the_newest() -> None:
    async def act(stage: Stage) -> None:
        await scenes.open_view(stage)
        await scenes.begin(stage, scenes.FIND_RATE)
        await scenes.tell(stage, *scenes.probes(8, stage.source.now_ns), scenes.rate_found(stage.source.now_ns))
        await scenes.run_trial(stage, 2)
        await scenes.begin(stage, scenes.SWEEP, 2)
        assert "STUDY 3 of 3  sweep of hint, nstreams, nireq" in stage.text(StudyHead)
        await stage.press("right")
        assert "this is the newest one" in stage.text(EventLine)
        await stage.press("left")
        assert "STUDY 2 of 3  trial: in flight 16→4" in stage.text(StudyHead)
        await stage.press("h")
        assert "STUDY 1 of 3  find-rate p99<20ms" in stage.text(StudyHead)
        await stage.press("left")
        assert "this is the first one" in stage.text(EventLine)
        # One that begins does not take the place of the one that was chosen.
        await scenes.tell(stage, scenes.swept(stage.source.now_ns))
        await scenes.begin(stage, scenes.FIND_RATE, 3)
        assert "STUDY 1 of 4" in stage.text(StudyHead)
        await stage.press("right", "right", "right")
        assert "STUDY 4 of 4" in stage.text(StudyHead)

    on_stage(act, scenes.source())


@pytest.mark.parametrize(
    ("ending", "told", "style"),
    [
        (
            StudyEnded(t_ns=0, study=1, reason="stopped", text="holds 200/s so far, 2 probes"),
            "stopped: holds 200/s so far, 2 probes",
            "",
        ),
        (StudyEnded(t_ns=0, study=1, reason="time", text="holds 200/s so far"), "its time was over: holds 200", ""),
        (StudyEnded(t_ns=0, study=1, reason="failed", text="its process died"), "failed: its process died", "$warning"),
    ],
)
def test_other_endings(ending: StudyEnded, told: str, style: str) -> None:
    async def act(stage: Stage) -> None:
        await scenes.open_view(stage)
        await scenes.begin(stage, scenes.FIND_RATE)
        await scenes.tell(stage, *scenes.probes(2, stage.source.now_ns), scenes.step(stage, "400/s"))
        await stage.press("H")
        assert stage.source.study_ends == 1
        assert "find-rate p99<20ms stops, and ends with what it has" in stage.text(EventLine)
        await scenes.tell(stage, StudyStopping(t_ns=stage.source.now_ns, study=1))
        assert "find-rate: stops, ends with what it has" in stage.text(StudyHead)
        await stage.press("H")
        assert stage.source.study_ends == 1
        await scenes.tell(stage, msgspec.structs.replace(ending, t_ns=stage.source.now_ns))
        await stage.advance(5)
        assert told in stage.text(StudyHead)
        assert f"find-rate: {told}" in " ".join(stage.text(EventLine).split("\n"))
        spans = [str(span.style) for span in stage.app.view.query_one(EventLine).render().spans]
        assert (style in " ".join(spans)) or not style

    on_stage(act, scenes.source())


def test_what_is_measured_now_has_its_figures() -> None:
    async def act(stage: Stage) -> None:
        await scenes.open_view(stage)
        await scenes.begin(stage, scenes.FIND_RATE)
        now_ns = stage.source.now_ns
        begins = SegmentBegan(t_ns=now_ns, segment=2, engine=1, first_seq=0, nireq=16, settings=scenes.SETTINGS)
        await scenes.tell(stage, begins, scenes.step(stage, "436/s"))
        await stage.advance(4)
        figures = stage.app.digest.segment(2)
        response = figures.latency["response"]
        now = stage.text(StudyHead).split("\n")[2]
        assert now.strip() == (
            f"now 436/s: {figures.completed:,} requests, p50 {number_format.milliseconds(response.p50)} ms, "
            f"p99 {number_format.milliseconds(response.p99)} ms so far"
        )

    on_stage(act, scenes.source())


def test_a_point_leads_to_its_segment() -> None:
    async def act(stage: Stage) -> None:
        await scenes.open_view(stage)
        await scenes.begin(stage, scenes.FIND_RATE)
        first, second, *_ = scenes.probes(2, stage.source.now_ns)
        assert isinstance(second, StudyPoint)
        elsewhere = msgspec.structs.replace(second, recording="/home/me/before.ovtui")
        unmeasured = msgspec.structs.replace(second, point=3, segment=0, outcome="refused", reason="no such device")
        assert isinstance(first, StudyPoint)
        kept = msgspec.structs.replace(first, segment=1)
        await scenes.tell(stage, kept, elsewhere, unmeasured)
        await stage.press("home", "j", "enter")
        assert "ovtui replay /home/me/before.ovtui shows it" in stage.text(EventLine)
        await stage.press("j", "o")
        assert "nothing was measured of it: no such device" in stage.text(EventLine)
        await stage.press("home", "enter")
        assert isinstance(stage.app.view, HistoryView)
        assert stage.app.view.rows.cursor == 0

    on_stage(act, scenes.source())


def test_in_a_replay_a_point_leads_to_its_moment() -> None:
    class Controls:
        status_text, reading, provenance = "REPLAY", False, ""
        sought: list[int] = []  # noqa: RUF012

        def seek_to(self, t_ns: int) -> None:
            self.sought.append(t_ns)

    async def act(stage: Stage) -> None:
        await scenes.open_view(stage)
        await scenes.begin(stage, scenes.SWEEP)
        now_ns = stage.source.now_ns
        await scenes.tell(stage, scenes.sweep_point(1, now_ns), scenes.swept(now_ns))
        stage.app.replay_controls = controls = Controls()  # type: ignore[assignment]
        await stage.press("home", "enter")
        assert controls.sought == [now_ns]
        assert "point 1 begins to be measured" in stage.text(EventLine)
        assert isinstance(stage.app.view, StudiesView)

    on_stage(act, scenes.source(replayed=True))


def test_a_segment_that_is_no_longer_kept_is_said() -> None:
    async def act(stage: Stage) -> None:
        await scenes.open_view(stage)
        await scenes.begin(stage, scenes.FIND_RATE)
        await scenes.tell(stage, *scenes.probes(1, stage.source.now_ns))
        await stage.press("home", "enter")
        assert "the figures of segment 2 are no longer kept; the recording has them" in stage.text(EventLine)

    on_stage(act, scenes.source())


def test_the_best_point_of_a_sweep_is_staged() -> None:
    async def act(stage: Stage) -> None:
        await scenes.open_view(stage)
        await scenes.begin(stage, scenes.SWEEP)
        now_ns = stage.source.now_ns
        await scenes.tell(stage, *(scenes.sweep_point(number, now_ns) for number in range(1, 19)))
        await scenes.tell(stage, scenes.swept(stage.source.now_ns))
        await stage.press("home", *["j"] * 7, "enter")
        assert stage.app.view is stage.app.overview
        assert "staged: hint, nireq, nstreams; x applies" in stage.text(EventLine)
        await stage.press("x")
        wanted = scenes.sweep_point(8, 0).settings
        assert stage.source.applied == [wanted]
        # Another point of it by a key of its own; the best one can be looked at, too.
        await stage.press("escape", "7", "home", "u")
        assert stage.app.staging.staged["nstreams"] == "1"
        await stage.press("escape", "7", "home", *["j"] * 7, "o")
        assert isinstance(stage.app.view, HistoryView)

    on_stage(act, scenes.source())


def test_settings_wait_until_a_study_has_ended() -> None:
    async def act(stage: Stage) -> None:
        await scenes.open_view(stage)
        await scenes.begin(stage, scenes.FIND_RATE)
        await stage.press("1", "x")
        assert "a study runs, which sets what it measures" in stage.text(EventLine)
        await stage.press("s", "n", "plus")
        assert "a study runs, which sets what it measures" in stage.text(EventLine)
        assert not stage.source.applied
        await scenes.tell(stage, scenes.rate_found(stage.source.now_ns))
        await stage.press("plus")
        await stage.advance(1)
        assert [settings.nireq for settings in stage.source.applied] == [17]

    on_stage(act, scenes.source())


def test_a_study_is_told_in_every_view() -> None:
    async def act(stage: Stage) -> None:
        await scenes.open_view(stage)
        await scenes.begin(stage, scenes.SWEEP)
        await scenes.tell(stage, scenes.step(stage, "streams 1", point=7, planned=32))
        for view in "1234567":
            await stage.press(view)
            await stage.advance(0.25)
            assert "sweep: point 7 of 32 · measuring streams 1 · about 3" in stage.text(EventLine)
            assert ("7 shows it" in stage.text(EventLine)) is (view != "7")
            assert "sweep 7/32 " in stage.text(Header)
        # An answer stays, though the time that is left runs on.
        await stage.press("1", "m")
        answer = stage.text(EventLine)
        await stage.advance(2)
        assert stage.text(EventLine) == answer
        assert stage.app.view.query_one(FiguresPanel)

    on_stage(act, scenes.source())


@pytest.mark.parametrize("glyphs", ["ascii", "console"])
def test_a_terminal_without_these_characters(glyphs: str) -> None:
    async def act(stage: Stage) -> None:
        await scenes.open_view(stage)
        await scenes.begin(stage, scenes.SWEEP)
        now_ns = stage.source.now_ns
        await scenes.tell(stage, *(scenes.sweep_point(number, now_ns) for number in range(1, 19)))
        first = pictures(stage)
        await scenes.tell(stage, scenes.swept(stage.source.now_ns))
        await scenes.begin(stage, scenes.FIND_RATE, 2)
        await scenes.tell(stage, *scenes.probes(8, stage.source.now_ns, 2))
        drawn = first + pictures(stage) + stage.text(StudyList) + stage.text(StudyHead)
        allowed = "" if glyphs == "ascii" else "─│┤└┴░▒█▲▼·╌…→–○"
        assert not {character for character in drawn if character > "~" and character not in allowed}
        assert "RESPONSE AGAINST RATE" in drawn

    assert set(GLYPHS) >= {glyphs}
    on_stage(act, scenes.source(), preferences=Preferences(look=DisplaySettings(glyphs=glyphs)))


def test_a_refused_study_is_told() -> None:
    async def act(stage: Stage) -> None:
        await scenes.open_view(stage)
        reason = "the load has a time limit; a study needs one that goes on"
        await scenes.tell(
            stage,
            Refused(t_ns=stage.source.now_ns, settings=scenes.SETTINGS, changes=["find-rate"], reason=reason),
        )
        assert f"find-rate: {reason}" in " ".join(stage.text(EventLine).split("\n"))

    on_stage(act, scenes.source())


def test_rows_are_copied_whole() -> None:
    async def act(stage: Stage) -> None:
        await scenes.open_view(stage)
        await scenes.begin(stage, scenes.FIND_RATE)
        await scenes.tell(stage, *scenes.probes(4, stage.source.now_ns))
        view = stage.app.view
        assert isinstance(view, StudiesView)
        table = view.export_all()
        assert table is not None
        assert dict(zip(table.headings, table.rows()[3], strict=True)) == {
            "probe": "4", "rate_per_s": "800.0", "outcome": "overload",
            "reason": "the queue grew by 310 requests a second", "requests": "2000", "measured_s": "5.0",
            "throughput": "800.0", "p50_ms": f"{1840.0 / 2.6}", "p90_ms": f"{1840.0 / 1.5}", "p99_ms": "1840.0",
            "limited_ms": "1840.0", "errors": "0", "round": "1",
        }  # fmt: skip

    on_stage(act, scenes.source())


def test_the_keys_that_work_are_offered() -> None:
    async def act(stage: Stage) -> None:
        await scenes.open_view(stage)
        assert "H stop" not in stage.text(Footer)
        assert "r find rate  w sweep" in stage.text(Footer)
        await scenes.begin(stage, scenes.FIND_RATE)
        await scenes.tell(stage, *scenes.probes(1, stage.source.now_ns))
        assert stage.text(Footer).startswith(" H stop")
        assert "w sweep" not in stage.text(Footer)
        await stage.press("j")
        await stage.advance(0.25)
        assert "enter open" in stage.text(Footer)

    on_stage(act, scenes.source())


def test_nothing_is_drawn_anew_that_has_not_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[str] = []
    draw = StudyPlot._picture
    monkeypatch.setattr(StudyPlot, "_picture", lambda plot: (drawn.append(plot.id or ""), draw(plot))[1])

    async def act(stage: Stage) -> None:
        await scenes.open_view(stage)
        await scenes.begin(stage, scenes.SWEEP)
        await scenes.tell(stage, scenes.sweep_point(1, stage.source.now_ns))
        drawn.clear()
        await stage.advance(10)
        assert drawn == []
        await scenes.tell(stage, scenes.sweep_point(2, stage.source.now_ns))
        assert sorted(drawn) == ["study-first", "study-second"]

    on_stage(act, FakeSource(settings=scenes.SETTINGS, handover_s=None, batch=1))
    assert SECOND
