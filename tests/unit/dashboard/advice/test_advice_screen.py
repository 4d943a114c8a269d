"""Advice on the dashboard: the line, the list and staging its remedy; the line of SLO limits and the time windows."""

from __future__ import annotations

from fake_source import FakeSource
from samples import started, update
from stage import Stage, on_stage
from textual.containers import VerticalScroll
from textual.widgets import Static

from ovtui.dashboard.advice.advice_screen import AdviceScreen, remedy_text
from ovtui.dashboard.distribution.slo_line import SloLine
from ovtui.dashboard.keys.keymap import DEFAULT_BINDINGS
from ovtui.dashboard.overview.latency_table import SPANS, LatencyTable
from ovtui.dashboard.views.event_line import EventLine, newest_entry
from ovtui.metrics.advice.advice import Advice
from ovtui.metrics.digest import Digest
from ovtui.records.events import LoadEnded, Note, Refused
from ovtui.settings.schema.settings import Settings

FEWER = Advice("too-many-in-flight", "info", "16 in flight stand in line for 4 places", "400/s, 16", {"nireq": 4})
HINT = Advice("hint", "warning", "the hint is LATENCY", "100/s", {"hint": "throughput", "nstreams": "2"})
SAID = Advice("not-steady", "info", "the median drifts", "z 6")


def digest_at(now_s: float = 30.0) -> Digest:
    digest = Digest()
    digest.feed(update(None, *started(), now_s=now_s))
    return digest


def test_advice_is_shown_when_there_is_no_recent_event() -> None:
    digest = digest_at()
    assert newest_entry(digest.snapshot(), DEFAULT_BINDINGS, [HINT, FEWER]) == (
        "ADVICE",
        "$warning",
        "the hint is LATENCY",
    )
    digest.feed(update(None, Note(t_ns=31_000_000_000, severity="info", text="fresh"), now_s=32))
    assert newest_entry(digest.snapshot(), DEFAULT_BINDINGS, [HINT, FEWER])[0] == "NOTE"
    digest.feed(update(None, now_s=42))
    assert newest_entry(digest.snapshot(), DEFAULT_BINDINGS, [HINT, FEWER])[0] == "ADVICE"


def test_failures_take_precedence_over_advice() -> None:
    digest = digest_at()
    digest.feed(update(None, now_s=31, host_gone=True))
    assert newest_entry(digest.snapshot(), DEFAULT_BINDINGS, [HINT])[0] == "HOST GONE"


def test_a_refusal_takes_precedence_over_advice_for_a_while() -> None:
    digest = digest_at()
    no = Refused(t_ns=31_000_000_000, settings=Settings(), changes=["precision default→f8"], reason="no such type")
    digest.feed(update(None, no, now_s=32))
    assert newest_entry(digest.snapshot(), DEFAULT_BINDINGS, [HINT]) == (
        "REFUSED",
        "$error",
        "precision default→f8: no such type",
    )
    digest.feed(update(None, Note(t_ns=33_000_000_000, severity="info", text="fresh"), now_s=33))
    assert newest_entry(digest.snapshot(), DEFAULT_BINDINGS, [HINT])[0] == "REFUSED"
    digest.feed(update(None, now_s=62))
    assert newest_entry(digest.snapshot(), DEFAULT_BINDINGS, [HINT])[0] == "ADVICE"


async def say(stage: Stage, at_s: float, *advice: Advice) -> None:
    """Shows exactly this advice at `at_s`."""
    stage.app.advisor.update = lambda: None
    stage.app.advisor.advice = list(advice)
    await stage.advance(at_s)


def test_the_list_shows_the_evidence_and_stages_the_remedy() -> None:
    source = FakeSource(settings=Settings(device="CPU", nireq=16), handover_s=None, batch=1)

    async def act(stage: Stage) -> None:
        await say(stage, 20, HINT, FEWER)
        await stage.press("v")
        assert isinstance(stage.app.screen, AdviceScreen)
        shown = "\n".join(str(item.render()) for item in stage.app.screen.query("_AdviceItem"))
        for text in (HINT.text, HINT.evidence, FEWER.text, FEWER.evidence, "in flight 4"):
            assert text in shown
        await stage.press("j", "enter")
        assert not isinstance(stage.app.screen, AdviceScreen)
        assert stage.app.staging.staged == {"nireq": 4}
        assert stage.source.applied == []
        assert "staged: in flight 4; x applies" in stage.text(EventLine)
        await stage.press("x")
        await stage.advance(1)
        assert stage.source.applied[-1].nireq == 4
        assert stage.app.staging.staged == {}

    on_stage(act, source)


def test_the_lines_of_a_list_with_a_scrollbar_keep_their_indent() -> None:
    """A line for each width near that of the column: none is wrapped a second time, which would lose its indent."""
    words = ["1234567890 " * 5 + "1" * rest for rest in range(5, 9)]
    long = [Advice(f"rule-{n}", "info", " ".join(words), " ".join(words), {"nireq": 4}) for n in range(4)]

    async def act(stage: Stage) -> None:
        await say(stage, 5, *long)
        await stage.press("v")
        assert stage.app.screen.query_one(VerticalScroll).show_vertical_scrollbar
        for item in stage.app.screen.query(Static):
            lines = str(item.render()).split("\n")
            assert item.size.height == len(lines)
            assert max(map(len, lines)) <= item.size.width

    on_stage(act, size=(80, 24))


def test_advice_without_remedy_stages_nothing() -> None:
    async def act(stage: Stage) -> None:
        await say(stage, 5, SAID)
        await stage.press("v", "enter")
        assert stage.app.staging.staged == {}
        assert "no setting solves this" in stage.text(EventLine)

    on_stage(act)


def test_the_page_offers_only_the_keys_that_do_something() -> None:
    async def act(stage: Stage) -> None:
        await say(stage, 5, FEWER, SAID)
        await stage.press("v")
        assert offers(stage) == "enter stage  t try  j down  esc close"
        await stage.press("j")
        assert offers(stage) == "j down  esc close"
        await stage.press("escape")
        stage.source.tell(LoadEnded(t_ns=5_000_000_000, engine=1, reason="requests", submitted=100))
        await stage.advance(0.25)
        await stage.press("v")
        assert "t try" not in offers(stage), "a trial needs a load that runs"
        await stage.press("escape")
        await say(stage, 1)
        await stage.press("v")
        assert offers(stage) == "esc close"

    on_stage(act)

    async def replay(stage: Stage) -> None:
        await say(stage, 5, FEWER)
        await stage.press("v")
        assert offers(stage) == "esc close"

    on_stage(replay, FakeSource(replayed=True))


def offers(stage: Stage) -> str:
    return str(stage.app.screen.query_one(VerticalScroll).border_subtitle)


def test_a_replay_changes_nothing() -> None:
    async def act(stage: Stage) -> None:
        await say(stage, 5, FEWER)
        await stage.press("v", "enter")
        assert stage.app.staging.staged == {}
        assert "nothing can be changed" in stage.text(EventLine)

    on_stage(act, FakeSource(replayed=True))


def test_an_empty_list_is_explained_and_closes() -> None:
    async def act(stage: Stage) -> None:
        await say(stage, 1)
        await stage.press("v", "j", "enter")
        assert not isinstance(stage.app.screen, AdviceScreen)
        await stage.press("v", "escape")
        assert not isinstance(stage.app.screen, AdviceScreen)

    on_stage(act)


def test_a_remedy_has_the_labels_of_the_settings_pane() -> None:
    assert remedy_text(HINT) == "hint throughput, streams 2"


def test_limits_have_a_line() -> None:
    settings = Settings(device="CPU", slo="max<1us,errors=0,throughput>1")

    async def act(stage: Stage) -> None:
        await stage.advance(6)
        line = stage.app.overview.query_one(SloLine)
        assert line.display
        assert line.render().plain.startswith(" SLO  max<0.001ms MISSED since 00:0")
        assert "errors=0 held since 00:0" in line.render().plain

    on_stage(act, FakeSource(settings=settings, handover_s=None, batch=1), size=(140, 40))

    async def narrow(stage: Stage) -> None:
        await stage.advance(6)
        assert "  errors=0 held: 0" in stage.app.overview.query_one(SloLine).render().plain

    on_stage(narrow, FakeSource(settings=settings, handover_s=None, batch=1), size=(80, 24))

    async def without(stage: Stage) -> None:
        await stage.advance(6)
        assert not stage.app.overview.query_one(SloLine).display

    on_stage(without)


def test_more_limits_than_fit_are_counted() -> None:
    slo = ",".join(f"inference.p{q}<1us" for q in range(10, 60, 5))

    async def act(stage: Stage) -> None:
        await stage.advance(6)
        line = stage.app.overview.query_one(SloLine).render().plain
        assert line.rstrip().endswith(" more")
        assert len(line) <= 80

    on_stage(act, FakeSource(settings=Settings(device="CPU", slo=slo), handover_s=None, batch=1), size=(80, 24))


def test_the_table_cycles_through_segment_run_and_windows() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(20)
        seen = []
        for _ in SPANS:
            seen.append(stage.text(LatencyTable).split("p50")[0].strip())
            await stage.press("w")
        assert seen == ["seg 1, ms", "run, ms", "60 s, ms", "10 s, ms", "1 s, ms"]
        assert stage.text(LatencyTable).startswith(" seg 1, ms")

    on_stage(act, FakeSource(handover_s=None, batch=1))


def test_the_table_shows_the_warm_up() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(0.75)
        assert stage.text(LatencyTable).startswith(" warming up")
        await stage.advance(5)
        assert stage.text(LatencyTable).startswith(" seg 1, ms")

    on_stage(act, FakeSource(handover_s=None, batch=1))


def test_a_load_that_has_ended_shows_its_advice_too() -> None:
    """The shipped experiments of six seconds end before anyone has read what they teach."""

    async def act(stage: Stage) -> None:
        await say(stage, 5, HINT, FEWER)
        stage.source.tell(LoadEnded(t_ns=5_000_000_000, engine=1, reason="requests", submitted=100))
        await stage.advance(6)
        ended, advice = stage.text(EventLine).splitlines()
        assert "ENDED" in ended
        assert "prints the summary" in ended
        assert "ADVICE  the hint is LATENCY" in advice
        assert "shows all 2" in advice

    on_stage(act, size=(80, 24))
