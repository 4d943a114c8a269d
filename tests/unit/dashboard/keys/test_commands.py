from __future__ import annotations

from itertools import combinations

import pytest

from ovtui.dashboard.advice.advice_screen import AdviceScreen
from ovtui.dashboard.advice.trial_screen import TrialScreen
from ovtui.dashboard.app import Dashboard
from ovtui.dashboard.batches.batches_view import BatchesView
from ovtui.dashboard.devices.devices_view import DevicesView
from ovtui.dashboard.distribution.distribution_view import DistributionView
from ovtui.dashboard.doctor.doctor_screen import DoctorScreen
from ovtui.dashboard.events.events_screen import EventsScreen
from ovtui.dashboard.fleet.box_detail import BoxScreen
from ovtui.dashboard.fleet.fleet_app import FleetApp
from ovtui.dashboard.fleet.fleet_view import FleetView
from ovtui.dashboard.fleet.prompts import BoxFilterLine, BoxSortLine, Question
from ovtui.dashboard.keys.commands import COMMANDS, VIEW_KEYS, Scope, bindings, in_scope, palette_name
from ovtui.dashboard.keys.keymap import OVERRIDING_SCOPES, KeyBindings, rebindable_actions
from ovtui.dashboard.keys.lists.fleet import SHARED
from ovtui.dashboard.layers.layer_prompt import LayerFilterLine
from ovtui.dashboard.layers.layers_view import LayersView
from ovtui.dashboard.overview.overview_view import OverviewView
from ovtui.dashboard.reasons.reason_screen import ReasonScreen
from ovtui.dashboard.requests.prompt_lines import FilterLine, SortLine
from ovtui.dashboard.requests.requests_view import RequestsView
from ovtui.dashboard.settings_pane.pane_search import SearchLine
from ovtui.dashboard.settings_pane.presets_screen import NameLine, PresetsScreen
from ovtui.dashboard.settings_pane.row_typing import RowTyping
from ovtui.dashboard.settings_pane.setting_row import EditLine
from ovtui.dashboard.settings_pane.settings_pane import SettingsPane
from ovtui.dashboard.stuck.stuck_screen import StuckScreen
from ovtui.dashboard.studies.studies_view import StudiesView
from ovtui.dashboard.studies.study_prompt import StudyLine
from ovtui.dashboard.views.help import HelpScreen
from ovtui.dashboard.views.listing_view import ListingView
from ovtui.dashboard.views.view import View
from ovtui.settings.schema.settings import fields

FORBIDDEN = {f"ctrl+{letter}" for letter in "absjohimq"} | {"f1"}
OWNERS = {
    Scope.ANYWHERE: Dashboard,
    Scope.VIEWS: Dashboard,
    Scope.REPLAY: Dashboard,
    Scope.TOUR: Dashboard,
    Scope.OVERVIEW: OverviewView,
    Scope.TABLE: RequestsView,
    Scope.REQUESTS: RequestsView,
    Scope.FILTERING: FilterLine,
    Scope.SORTING: SortLine,
    Scope.BATCHES: BatchesView,
    Scope.DISTRIBUTION: DistributionView,
    Scope.LISTS: ListingView,
    Scope.DEVICES: DevicesView,
    Scope.STUDIES: StudiesView,
    Scope.STUDY_LINE: StudyLine,
    Scope.LAYERS: LayersView,
    Scope.LAYER_FILTER: LayerFilterLine,
    Scope.SETTINGS: SettingsPane,
    Scope.TYPING: RowTyping,
    Scope.EDITING: EditLine,
    Scope.SEARCHING: SearchLine,
    Scope.ADVICE: AdviceScreen,
    Scope.TRIAL: TrialScreen,
    Scope.EVENTS: EventsScreen,
    Scope.REASONS: ReasonScreen,
    Scope.DOCTOR: DoctorScreen,
    Scope.STUCK: StuckScreen,
    Scope.PRESETS: PresetsScreen,
    Scope.NAMING: NameLine,
    Scope.FLEET: FleetView,
    Scope.FLEET_FILTER: BoxFilterLine,
    Scope.FLEET_SORT: BoxSortLine,
    Scope.FLEET_QUESTION: Question,
    Scope.FLEET_BOX: BoxScreen,
    Scope.HELP: HelpScreen,
}
PAGES_ALONE = {
    Scope.TYPING, Scope.EDITING, Scope.SEARCHING, Scope.ADVICE, Scope.TRIAL, Scope.REASONS, Scope.DOCTOR, Scope.PRESETS,
    Scope.NAMING, Scope.HELP, Scope.STUCK, Scope.FILTERING, Scope.SORTING, Scope.EVENTS,
    Scope.STUDY_LINE, Scope.LAYER_FILTER, Scope.FLEET_FILTER, Scope.FLEET_SORT, Scope.FLEET_QUESTION, Scope.FLEET_BOX,
}  # fmt: skip
"""Where a person writes, and pages that lie over the rest and take all keys."""


def test_ids_are_unique() -> None:
    ids = [command.id for command in COMMANDS]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("place", sorted({action.scope for action in rebindable_actions()}))
def test_no_key_twice_in_a_place(place: str) -> None:
    for one, other in combinations((action for action in rebindable_actions() if action.scope == place), 2):
        assert not set(one.keys) & set(other.keys), (one.id, other.id)


def test_nothing_hides_a_key_that_works_anywhere() -> None:
    """Not even in the settings pane, whose rows have letters of their own; but / finds what is in front: there the
    settings."""
    everywhere = {key for command in in_scope(Scope.ANYWHERE, Scope.VIEWS) for key in command.keys}
    for action in rebindable_actions():
        if action.scope != Scope.ANYWHERE and action.scope not in PAGES_ALONE and action.id != "search":
            assert not everywhere & set(action.keys), action.id


def test_the_rows_letters_are_free_in_the_pane() -> None:
    letters = [field.spec.key for field in fields().values() if field.spec.key]
    assert len(letters) >= 10
    taken = {key for command in in_scope(Scope.OVERVIEW) for key in command.keys}
    assert not taken & set(letters)


def test_every_scope_lists_the_scopes_that_override_it() -> None:
    for place, winners in OVERRIDING_SCOPES.items():
        assert place not in winners
        assert {action.scope for action in rebindable_actions()} >= {place, *winners}


def test_keys_that_terminals_and_multiplexers_take_are_not_used() -> None:
    keys = {key for command in COMMANDS for key in command.keys}
    assert not keys & FORBIDDEN
    assert not [key for key in keys if key.startswith("alt+")]


def test_digits_are_for_views_alone() -> None:
    digits = {key: command.id for command in COMMANDS for key in command.keys if key in "123456789"}
    assert digits == {str(view.number): f"view-{view.name}" for view in VIEW_KEYS}


def test_every_command_can_be_reached() -> None:
    """By a key, or by the palette."""
    for command in COMMANDS:
        assert command.keys or not command.action or command.scope in (Scope.VIEWS, Scope.ANYWHERE), command.id


def test_pairs_are_commands() -> None:
    ids = {command.id for command in COMMANDS}
    assert {command.opposite for command in COMMANDS if command.opposite} <= ids


def test_keys_are_shown_as_people_read_them() -> None:
    keys = KeyBindings()
    assert keys.listed("help") == "?"
    assert keys.hint("zoom", "metric") == "z/Z zoom  m latency"
    assert keys.listed("row-key") == "a row's letter"
    changed = KeyBindings({"zoom": ["ctrl+t", "x"], "metric": [], "freeze": "F5"})
    assert changed.hint("metric", "freeze") == "f5 freeze"
    assert changed.first("zoom") == "ctrl+t"
    assert changed.textual()["metric"] == "unbound"
    assert list(map(str, changed.problems)) == ["freeze: 'F5': taken as f5", "zoom: 'x' hides apply there"]


def test_every_binding_has_its_action() -> None:
    assert OWNERS.keys() == set(Scope)
    for scope, owner in OWNERS.items():
        for binding in bindings(scope):
            of_screen, _, name = binding.action.partition("(")[0].rpartition(".")
            assert of_screen in ("", "screen", *(("app",) if scope is Scope.FLEET else ()))
            acts = {"": owner, "screen": View, "app": FleetApp}[of_screen]
            assert hasattr(acts, f"action_{name}"), binding


def test_the_fleets_screen_has_the_actions_of_the_keys_that_it_shares() -> None:
    shared = [command for command in COMMANDS if command.id in SHARED]
    assert len(shared) == len(SHARED)
    for command in shared:
        of_screen, _, name = command.action.partition("(")[0].rpartition(".")
        assert hasattr(FleetView if of_screen else FleetApp, f"action_{name}"), command.id
    for binding in bindings(Scope.LISTS):
        assert hasattr(FleetView, f"action_{binding.action.partition('(')[0]}"), binding
    registered = {key for command in shared for key in command.keys}
    assert set(FleetApp._merge_bindings().key_to_bindings) == registered


def test_no_unregistered_default_key_is_left() -> None:
    """Textual brings ctrl+q along; the registry is to be the whole truth."""
    registered = {
        key for command in in_scope(Scope.ANYWHERE, Scope.VIEWS, Scope.REPLAY, Scope.TOUR) for key in command.keys
    }
    bound = set(Dashboard._merge_bindings().key_to_bindings)
    assert bound - registered <= {"colon"}


def test_the_palette_says_of_a_replays_keys_what_they_move() -> None:
    named = {c.id: palette_name(c, "key") for c in in_scope(Scope.REPLAY)}
    assert named["replay-on"] == "replay: 10 s on  (key)"
    assert named["replay-back"] == "replay: 10 s back  (key)"
    names = [palette_name(c, "") for c in in_scope(Scope.REPLAY, Scope.TOUR)]
    assert len(names) == len(set(names))
