"""View 8, the layers: how long each takes, on the device that was profiled or on two side by side; sorted and filtered
while they are measured, and the keys that begin and end it."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container

from ovtui.dashboard.drawing.row_list import RowList
from ovtui.dashboard.keys.commands import Scope, bindings
from ovtui.dashboard.keys.keymap import keys_of
from ovtui.dashboard.layers.layer_detail import LayerDetail, needs_room
from ovtui.dashboard.layers.layer_head import LayerHead, empty_text, run_text
from ovtui.dashboard.layers.layer_list import SORTED, LayerList
from ovtui.dashboard.layers.layer_prompt import LayerFilterLine, LayerPrompt
from ovtui.dashboard.layers.layer_runs import LayerRun, device_to_profile, layer_runs, newest
from ovtui.dashboard.layers.pair_list import PairList
from ovtui.dashboard.studies.study_prompt import StudyLine, StudyPrompt
from ovtui.dashboard.views.device_line import DeviceLine
from ovtui.dashboard.views.event_line import EventLine
from ovtui.dashboard.views.footer import Footer
from ovtui.dashboard.views.header import Header
from ovtui.dashboard.views.listing_view import ListingView
from ovtui.dashboard.views.view import ViewContext
from ovtui.metrics.layers.beside import LayerGroup, beside, sorted_groups
from ovtui.metrics.layers.table import SORTS, LayerRow, Sort, layer_rows
from ovtui.metrics.snapshot import Snapshot
from ovtui.records.study_events import LayersSpec
from ovtui.settings.errors import SettingsError


class LayersView(ListingView):
    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.LAYERS)
    SCOPES: ClassVar[tuple[Scope, ...]] = (Scope.LAYERS, Scope.LISTS)

    def __init__(self, context: ViewContext) -> None:
        super().__init__(context)
        self._chosen: tuple[int, tuple[str, ...]] | None = None
        """Study and devices; None for the newest one."""
        self._sort: Sort = "time"
        self._pattern = self._pattern_before = ""
        """What is filtered by, and what was before the line was opened."""
        self._draft = ""
        """What was written of devices and was not taken."""
        self._rows_of: tuple[object, ...] = ()
        self._rows: list[LayerRow] = []
        self._groups_of: tuple[object, ...] = ()
        self._groups: list[LayerGroup] = []
        self._sorted_of: tuple[object, ...] = ()
        self._sorted: list[LayerGroup] = []

    def compose(self) -> ComposeResult:
        yield Header()
        yield DeviceLine()
        yield LayerHead()
        with Container(id="layers-body"):
            yield LayerList(self._moved)
            yield PairList(self._moved)
            yield LayerDetail()
        yield LayerPrompt()
        yield StudyPrompt()
        yield EventLine(shows="view-layers")
        yield Footer()

    # What is shown

    @property
    def run_shown(self) -> LayerRun | None:
        runs = layer_runs(self.digest.session_state)
        return next((run for run in runs if run.key == self._chosen), None) or newest(runs)

    def draw(self, snapshot: Snapshot, tick: int, *, whole: bool = False) -> None:
        super().draw(snapshot, tick, whole=whole)
        # With each frame, as the event line, which has the same time left.
        state, run = snapshot.session_state, self.run_shown
        self.set_class(run is None, "-empty")
        head = self.query_one(LayerHead)
        if run is not None:
            runs = layer_runs(state)
            at = next(number for number, each in enumerate(runs, 1) if each.key == run.key)
            head.show(run_text(run, f"{at} of {len(runs)}" if len(runs) > 1 else "", snapshot.now_ns))
        else:
            source, model = self.context.source, state.settings.model if state.settings is not None else ""
            device = device_to_profile(state)
            head.show(
                empty_text(
                    keys_of(self), device, model,
                    replayed=source.replayed, read_only=source.read_only, ended=state.phase == "ended",
                )
            )  # fmt: skip
        self._show_footer()

    @property
    def rows(self) -> RowList:
        """The table in sight."""
        return self.query_one(PairList if self.has_class("-pair") else LayerList)

    def draw_panels(self, snapshot: Snapshot) -> None:  # noqa: ARG002
        self._show_rows()

    def _show_rows(self) -> None:
        run = self.run_shown
        self.set_class(run is not None and run.is_pair, "-pair")
        if run is None:
            self.query_one(LayerList).show([], 0, "", sort=self._sort, pattern=self._pattern)
        elif run.is_pair:
            self._show_pair(run)
        else:
            (layers,) = run.layers
            made_of = (*run.version, self._sort, self._pattern)
            if made_of != self._rows_of:
                self._rows_of = made_of
                self._rows = layer_rows(layers.layers, self._sort, self._pattern)
            self.query_one(LayerList).show(
                self._rows, len(layers.by_order), layers.device, sort=self._sort, pattern=self._pattern
            )
        self._moved()

    def _show_pair(self, run: LayerRun) -> None:
        a, b = run.layers
        if run.version != self._groups_of:
            self._groups_of, self._groups = run.version, beside(a.layers, b.layers)
        made_of = (*run.version, self._sort, self._pattern)
        if made_of != self._sorted_of:
            both = [*a.layers, *b.layers]
            self._sorted_of, self._sorted = made_of, sorted_groups(self._groups, both, self._sort, self._pattern)
        self.query_one(PairList).show(
            self._sorted, len(self._groups), (a.device, b.device), sort=self._sort, pattern=self._pattern
        )

    def _moved(self) -> None:
        run, rows = self.run_shown, self.rows
        chosen = rows.chosen if isinstance(rows, LayerList | PairList) else None
        self.set_class(chosen is not None, "-chosen")
        self.set_class(isinstance(chosen, LayerRow) and needs_room(chosen, self.size.width), "-long-name")
        self.query_one(LayerDetail).show(chosen, run.devices if run is not None else ())

    def _show_footer(self) -> None:
        footer, state = self.query_one(Footer), self.digest.session_state
        if isinstance(self.focused, LayerFilterLine):
            footer.show(Scope.LAYER_FILTER)
            return
        if isinstance(self.focused, StudyLine):
            footer.show(Scope.STUDY_LINE)
            return
        runs = layer_runs(state)
        mine = not self.context.source.read_only and not self.context.source.replayed
        free = state.study is None and state.trial is None and state.phase != "ended"
        measures = state.study is not None and isinstance(state.study.began.spec, LayersSpec)
        offered = {
            "layers-stop": measures and mine,
            "filter": bool(runs),
            "layers-sort": bool(runs),
            "layers-back": len(runs) > 1,
            "layers-begin": mine and free,
            "layers-on": mine and free,
            "list-follow": False,
        }
        shown = tuple(id_ for id_, is_shown in offered.items() if is_shown)
        footer.show(Scope.LAYERS, shown, frozenset(offered) - frozenset(shown))

    # Sorting and filtering

    def action_sort(self) -> None:
        self._sort = SORTS[(SORTS.index(self._sort) + 1) % len(SORTS)]
        self._show_rows()
        self.show_answer(f"sorted {SORTED[self._sort]}")

    async def action_filter(self) -> None:
        """In this view the line that filters the layers."""
        if self.run_shown is None:
            self.show_answer("no layers yet: there is nothing to filter")
            return
        self._close_device_line()
        self._pattern_before = self._pattern
        prompt = self.query_one(LayerPrompt)
        prompt.open(self._pattern)
        self._tell_found()
        self._show_footer()

    def on_live_filter_changed(self, event: LayerPrompt.Changed) -> None:
        self._filter(event.pattern)

    def _filter(self, pattern: str) -> None:
        self._pattern = pattern
        self._show_rows()
        self._tell_found()

    def _tell_found(self) -> None:
        run, found = self.run_shown, self.rows.count()
        of = len(self._groups) if run is None or run.is_pair else len(run.layers[0].by_order)
        nothing = bool(self._pattern) and not found
        text = "no layer has that in it" if nothing else f"{found:,} of {of:,}"
        self.query_one(LayerPrompt).tell(text, wrong=nothing)

    def on_live_filter_line_ended(self, event: LayerFilterLine.Ended) -> None:
        prompt = self.query_one(LayerPrompt)
        self._filter(prompt.line.value.strip() if event.take else self._pattern_before)
        prompt.close()
        self.set_focus(None)
        self._show_footer()

    def action_release(self) -> None:
        """Ends the filter, then leaves the row."""
        if self._pattern:
            self._filter("")
        else:
            self.rows.release()

    # Beginning and ending

    def action_choose(self, step: int) -> None:
        """The device, or the profiling, before or after the one that is shown."""
        runs, run = layer_runs(self.digest.session_state), self.run_shown
        if run is None:
            self.show_answer("no layers yet")
            return
        at = [each.key for each in runs].index(run.key) + step
        if not 0 <= at < len(runs):
            self.show_answer("this is the first one" if step < 0 else "this is the newest one")
            return
        followed = newest(runs)
        self._chosen = None if followed is not None and followed.key == runs[at].key else runs[at].key
        self.redraw()

    def action_begin(self) -> None:
        """On the device that serves."""
        self._begin(device_to_profile(self.digest.session_state))

    def _begin(self, text: str) -> bool:
        """False where it cannot be begun: why is told."""
        try:
            answer = self.orders.begin("layers", text)
        except SettingsError as error:
            self.show_answer(str(error))
            return False
        self._chosen = None
        self.show_answer(f"{answer}; the load rests until they are measured")
        return True

    def action_ask(self) -> None:
        """Opens the line for devices."""
        state = self.digest.session_state
        if why_not := self.orders.why_not("study"):
            self.show_answer(why_not)
            return
        assert state.settings is not None
        self.query_one(LayerPrompt).close()
        self.query_one(StudyPrompt).open("layers", self._draft or device_to_profile(state), state.settings)
        self._show_footer()

    def on_study_line_ended(self, event: StudyLine.Ended) -> None:
        prompt = self.query_one(StudyPrompt)
        self._draft = prompt.line.value
        if event.take:
            try:
                answer = self.orders.begin("layers", prompt.line.value)
            except SettingsError as error:
                prompt.tell_error(str(error))
                return
            self._draft, self._chosen = "", None
            self.show_answer(f"{answer}; the load rests until they are measured")
        self._close_device_line()
        self.set_focus(None)
        self._show_footer()

    def _close_device_line(self) -> None:
        prompt = self.query_one(StudyPrompt)
        if prompt.is_open:
            self._draft = prompt.line.value
            prompt.close()

    def action_stop(self) -> None:
        self.show_answer(self.orders.stop())

    def on_descendant_focus(self) -> None:
        self._show_footer()

    def on_screen_suspend(self) -> None:
        """Another page covers the line: what was written in it is kept."""
        prompt = self.query_one(StudyPrompt)
        if prompt.is_open:
            self._draft = prompt.line.value
