"""View 7, the studies: the searches, sweeps and trials of this session, one of them at a time: its rows, its pictures,
and the keys that begin, end and use them."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container

from ovtui.dashboard.keys.commands import Scope, bindings
from ovtui.dashboard.keys.keymap import keys_of
from ovtui.dashboard.studies.layers_table import layers_table
from ovtui.dashboard.studies.rank_picture import rank_picture
from ovtui.dashboard.studies.rank_table import RankRows, rank_rows
from ovtui.dashboard.studies.rate_picture import rate_curve
from ovtui.dashboard.studies.rate_rows import rate_table
from ovtui.dashboard.studies.study_head import HeadText, StudyHead, head_text, now_text, opening_text
from ovtui.dashboard.studies.study_list import EMPTY, StudyList
from ovtui.dashboard.studies.study_plot import StudyPlot
from ovtui.dashboard.studies.study_prompt import StudyLine, StudyPrompt
from ovtui.dashboard.studies.sweep_pictures import front_picture, heat_picture, pairs_of
from ovtui.dashboard.studies.sweep_table import sweep_table
from ovtui.dashboard.studies.table_text import TableText
from ovtui.dashboard.studies.trial_table import trial_table
from ovtui.dashboard.study_request import StudyKind, first_text
from ovtui.dashboard.views.device_line import DeviceLine
from ovtui.dashboard.views.event_line import EventLine
from ovtui.dashboard.views.footer import Footer
from ovtui.dashboard.views.header import Header
from ovtui.dashboard.views.listing_view import ListingView
from ovtui.dashboard.views.view import ViewContext
from ovtui.metrics import number_format
from ovtui.metrics.comparison.trial_figures import TrialFigures
from ovtui.metrics.session.session_state import TrialState
from ovtui.metrics.session.study_state import StudyState
from ovtui.metrics.session.study_text import Work, all_work, trial_of
from ovtui.metrics.snapshot import Snapshot
from ovtui.metrics.sweep.rows import SweepRow, sweep_rows
from ovtui.records.study_events import (
    BesideSpec,
    FindRateSpec,
    LayersSpec,
    RankSpec,
    StudyPoint,
    SweepAnswer,
    SweepSpec,
)
from ovtui.settings.changes import changed_fields
from ovtui.settings.errors import SettingsError

_WITHOUT_POINTS = (BesideSpec, LayersSpec)


class StudiesView(ListingView):
    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.STUDIES)
    SCOPES: ClassVar[tuple[Scope, ...]] = (Scope.STUDIES, Scope.LISTS)

    def __init__(self, context: ViewContext) -> None:
        super().__init__(context)
        self._chosen: tuple[str, int] | None = None
        """'trial' or 'study', and its number; None for the newest one."""
        self._pair = 0
        """Which two settings the heat map shows."""
        self._drafts: dict[StudyKind, str] = {}
        """What was written into each line and was not taken."""
        self._now_text = ""
        """What has come back of the point that is measured."""
        self._rows_of: tuple[object, ...] = ()
        self._kept_rows: list[SweepRow] = []
        self._rank_of: tuple[object, ...] = ()
        self._rank: RankRows | None = None
        self._table_of: tuple[object, ...] = ()
        self._table: TableText | None = None

    def compose(self) -> ComposeResult:
        yield Header()
        yield DeviceLine()
        yield StudyHead()
        with Container(id="study-body"):
            yield StudyList(self._moved)
            with Container(id="study-plots"):
                yield StudyPlot(id="study-first")
                yield StudyPlot(id="study-second")
        yield StudyPrompt()
        yield EventLine(shows="view-studies")
        yield Footer()

    # What is shown

    @property
    def work(self) -> Work | None:
        """The chosen study or trial."""
        every = all_work(self.digest.session_state)
        chosen = next((work for work in every if _key(work) == self._chosen), None)
        return chosen if chosen is not None else every[-1] if every else None

    def draw(self, snapshot: Snapshot, tick: int, *, whole: bool = False) -> None:
        super().draw(snapshot, tick, whole=whole)
        # With each frame, as the event line, which has the same time left.
        work = self.work
        self.query_one(StudyHead).show(
            None if work is None else self._head_text(work, snapshot), self.orders.pinned_now
        )
        self._show_footer()

    def _head_text(self, work: Work, snapshot: Snapshot) -> HeadText:
        return head_text(
            work, all_work(snapshot.session_state), self._trial_figures(work), snapshot.now_ns, self._now_text
        )

    def draw_panels(self, snapshot: Snapshot) -> None:  # noqa: ARG002
        work = self.work
        figures = self._trial_figures(work)
        measures = isinstance(work, StudyState) and work.ended is None and figures is None
        self._now_text = now_text(work, self.digest) if measures and isinstance(work, StudyState) else ""
        self.query_one(StudyList).show(self._table_text(work, figures))
        self._show_plots(work)

    def _trial_figures(self, work: Work | None) -> TrialFigures | None:
        """Of the trial, or of the one that a study consists of."""
        trial: TrialState | None = None
        if isinstance(work, TrialState):
            trial = work
        elif work is not None and isinstance(work.began.spec, BesideSpec):
            trial = trial_of(work, self.digest.session_state)
        if trial is None:
            return None
        return next((each for each in self.digest.trials() if each.state is trial), None)

    def _table_text(self, work: Work | None, figures: TrialFigures | None) -> TableText:
        """Made anew where something was added."""
        if work is None:
            return EMPTY
        if isinstance(work, TrialState) or isinstance(work.began.spec, BesideSpec):
            return trial_table(figures)
        if isinstance(work.began.spec, RankSpec):
            return self._ranked(work).table
        if isinstance(work.began.spec, LayersSpec):
            return layers_table(work, keys_of(self).first("view-layers"))
        made_of = (_key(work), len(work.points), work.ended is not None)
        if self._table is None or made_of != self._table_of:
            sweeps = isinstance(work.began.spec, SweepSpec)
            self._table_of, self._table = made_of, sweep_table(work, self._rows(work)) if sweeps else rate_table(work)
        return self._table

    def _rows(self, study: StudyState) -> list[SweepRow]:
        """The points of a sweep. Kept, because the front of many points takes long to find."""
        made_of = (_key(study), len(study.points), study.ended is not None)
        if made_of != self._rows_of:
            self._rows_of, self._kept_rows = made_of, sweep_rows(study)
        return self._kept_rows

    def _ranked(self, study: StudyState) -> RankRows:
        """The rows of a rank. Kept as long as nothing was added."""
        made_of = (_key(study), len(study.points), study.ended is not None)
        if self._rank is None or made_of != self._rank_of:
            self._rank_of, self._rank = made_of, rank_rows(study)
        return self._rank

    def _show_plots(self, work: Work | None) -> None:
        first, second = self.query_one("#study-first", StudyPlot), self.query_one("#study-second", StudyPlot)
        point = self._point(work)
        chosen = point.point if point is not None else 0
        study = work if isinstance(work, StudyState) and not isinstance(work.began.spec, _WITHOUT_POINTS) else None
        self.set_class(study is not None, "-plots")
        if study is None:
            first.show(None, None)
            second.show(None, None)
            return
        made_of = (_key(study), len(study.points), study.ended is not None)
        if isinstance(study.began.spec, FindRateSpec):
            self.set_class(False, "-pair")
            first.show(partial(rate_curve, study, chosen=chosen), (*made_of, chosen))
            return
        if isinstance(study.began.spec, RankSpec):
            report = self._ranked(study).report
            self.set_class(True, "-pair")
            first.show(lambda *size: rank_picture(report, "throughput", size[:2], size[2], chosen), (*made_of, chosen))
            second.show(lambda *size: rank_picture(report, "latency", size[:2], size[2], chosen), (*made_of, chosen))
            return
        pairs, rows = pairs_of(study), self._rows(study)
        self.set_class(bool(pairs), "-pair")
        first.show(
            lambda width, height, glyphs: front_picture(study, rows, (width, height), glyphs, chosen),
            (*made_of, chosen),
        )
        if not pairs:
            second.show(None, None)
            return
        pair = pairs[self._pair % len(pairs)]
        hint = keys_of(self).hint("heat-pair") if len(pairs) > 1 else ""
        second.show(
            lambda width, height, glyphs: heat_picture(study, pair, (width, height), glyphs, hint),
            (*made_of, pair, hint),
        )

    def _point(self, work: Work | None) -> StudyPoint | None:
        """The point under the cursor."""
        cursor = self.query_one(StudyList).cursor
        if not isinstance(work, StudyState) or cursor is None or isinstance(work.began.spec, _WITHOUT_POINTS):
            return None
        if isinstance(work.began.spec, RankSpec):
            points = self._ranked(work).points
        else:
            points = [row.point for row in self._rows(work)] if isinstance(work.began.spec, SweepSpec) else work.points
        return points[cursor] if cursor < len(points) else None

    @property
    def _shows_layers(self) -> bool:
        return isinstance(self.work, StudyState) and isinstance(self.work.began.spec, LayersSpec)

    def _moved(self) -> None:
        self._show_plots(self.work)

    def _show_footer(self) -> None:
        footer, state = self.query_one(Footer), self.digest.session_state
        if self.query_one(StudyPrompt).is_open and isinstance(self.focused, StudyLine):
            footer.show(Scope.STUDY_LINE)
            return
        runs = state.study is not None or state.trial is not None
        mine = not self.context.source.read_only
        offered = {
            "study-stop": runs and mine,
            "study-open": self._point(self.work) is not None or self._shows_layers,
            "study-plot": self.has_class("-plots") and self.has_class("-short"),
            "find-rate": mine and not runs,
            "sweep": mine and not runs,
            "study-use": self._point(self.work) is not None and mine and not runs,
            "study-back": len(all_work(state)) > 1,
            "beside": mine and not runs,
            "rank": mine and not runs,
        }
        shown = tuple(id_ for id_, is_shown in offered.items() if is_shown)
        footer.show(Scope.STUDIES, shown, frozenset(offered) - frozenset(shown))

    # Keys

    def action_choose(self, step: int) -> None:
        """The study before or after the one that is shown."""
        every, work = all_work(self.digest.session_state), self.work
        if work is None:
            self.show_answer("no study and no trial yet")
            return
        at = every.index(work) + step
        if not 0 <= at < len(every):
            self.show_answer("this is the first one" if step < 0 else "this is the newest one")
            return
        # The newest one is followed: another one that begins takes its place.
        self._chosen = None if at == len(every) - 1 else _key(every[at])
        self._pair = 0
        self.query_one(StudyList).cursor = None
        self.redraw()

    def action_plot(self) -> None:
        """Where there is no room for both: the pictures in the place of the table, and back."""
        self.toggle_class("-plot-alone")
        self.call_after_refresh(self.redraw)

    def action_pair(self) -> None:
        work = self.work
        pairs = pairs_of(work) if isinstance(work, StudyState) and isinstance(work.began.spec, SweepSpec) else []
        if len(pairs) < 2:
            self.show_answer("a heat map of other settings needs a sweep of three or more")
            return
        self._pair = (self._pair + 1) % len(pairs)
        self.redraw()

    def action_ask(self, kind: StudyKind) -> None:
        """Opens the line in which a study is described."""
        state = self.digest.session_state
        if why_not := self.orders.why_not("study"):
            self.show_answer(why_not)
            return
        assert state.settings is not None
        model = state.engine.model if state.engine is not None else None
        here = list(model.available) if model is not None else []
        text = self._drafts.get(kind) or first_text(kind, state.settings, here)
        self.query_one(StudyPrompt).open(kind, text, state.settings)
        self._show_footer()

    def on_study_line_ended(self, event: StudyLine.Ended) -> None:
        prompt = self.query_one(StudyPrompt)
        if event.take:
            try:
                answer = self.orders.begin(prompt.kind, prompt.line.value)
            except SettingsError as error:
                prompt.tell_error(str(error))
                return
            self._drafts.pop(prompt.kind, None)
            self._chosen = None
            self.show_answer(answer)
        else:
            self._drafts[prompt.kind] = prompt.line.value
        prompt.close()
        self.set_focus(None)
        self._show_footer()

    def action_stop(self) -> None:
        self.show_answer(self.orders.stop())

    async def action_open(self) -> None:
        """On a sweep's best point after its end: stages its settings; on layers: the view that shows them; on others as
        action_show."""
        work, point = self.work, self._point(self.work)
        if self._shows_layers:
            await self.run_action("app.view(8)")
            return
        answer = work.ended.answer if isinstance(work, StudyState) and work.ended is not None else None
        best = answer.best if isinstance(answer, SweepAnswer) else None
        if point is not None and point.point == best and not self.context.source.read_only:
            await self.action_use()
        else:
            await self.action_show()

    async def action_show(self) -> None:
        """Shows what was measured of the point under the cursor."""
        point = self._point(self.work)
        if point is None:
            self.show_answer("no point is chosen" if self.query_one(StudyList).count() else "no point is over yet")
        elif why_not := opening_text(point):
            self.show_answer(why_not)
        elif self.context.source.replayed:
            await self._jump_to(point)
        else:
            await self.run_action("app.view(6)")
            history = self.app.get_screen("view-6")
            history.wanted_segment = point.segment  # type: ignore[attr-defined]
            history.soon("show_wanted")  # type: ignore[attr-defined]

    async def _jump_to(self, point: StudyPoint) -> None:
        controls = getattr(self.app, "replay_controls", None)
        if controls is None:
            self.show_answer("this recording cannot be moved in")
            return
        controls.seek_to(point.begin_ns)
        moment = number_format.session_time(point.begin_ns, 1)
        self.app.poll()  # type: ignore[attr-defined]
        self.show_answer(f"{moment}: point {point.point} begins to be measured")

    async def action_use(self) -> None:
        """Stages the settings of the point under the cursor, and shows them in the pane."""
        point, staging = self._point(self.work), self.context.staging
        if point is None:
            self.show_answer("no point is chosen")
            return
        if self.context.source.read_only:
            self.show_answer("nothing can be changed here")
            return
        try:
            if staging.in_force is None:
                raise SettingsError("no settings are in force yet")
            changed = changed_fields(staging.in_force, point.settings)
            fresh = staging.stage({name: getattr(point.settings, name) for name in changed})
        except SettingsError as error:
            self.show_answer(str(error))
            return
        if not fresh:
            self.show_answer(f"the settings of point {point.point} are staged, or in force")
            return
        await self.show_staged(fresh)

    def on_descendant_focus(self) -> None:
        self._show_footer()

    def on_screen_suspend(self) -> None:
        """Another page covers the line: what was written in it is kept."""
        prompt = self.query_one(StudyPrompt)
        if prompt.is_open:
            self._drafts[prompt.kind] = prompt.line.value


def _key(work: Work) -> tuple[str, int]:
    return ("trial", work.began.trial) if isinstance(work, TrialState) else ("study", work.began.study)
