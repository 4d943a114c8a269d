from __future__ import annotations

from itertools import combinations

import pytest

from ovtui.dashboard.app import Dashboard
from ovtui.dashboard.commands import COMMANDS, RESERVED_KEYS, Scope, bindings, in_scope
from ovtui.dashboard.screens.batches import BatchesScreen
from ovtui.dashboard.screens.session import SessionScreen
from ovtui.dashboard.widgets.setting_row import EditLine
from ovtui.dashboard.widgets.settings_pane import SettingsPane
from ovtui.settings.fields import fields

FORBIDDEN = {f"ctrl+{letter}" for letter in "absjohimq"} | {"f1"}
OWNERS = {
    Scope.ANYWHERE: Dashboard,
    Scope.VIEWS: Dashboard,
    Scope.REPLAY: Dashboard,
    Scope.SESSION: SessionScreen,
    Scope.BATCHES: BatchesScreen,
    Scope.SETTINGS: SettingsPane,
    Scope.EDITING: EditLine,
}


def test_ids_are_unique() -> None:
    ids = [command.id for command in COMMANDS]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("scope", list(Scope))
def test_no_key_twice_in_a_scope(scope: Scope) -> None:
    for one, other in combinations(in_scope(scope), 2):
        assert not set(one.keys) & set(other.keys), (one.id, other.id)


def test_nothing_hides_a_key_that_works_anywhere() -> None:
    anywhere = {key for command in in_scope(Scope.ANYWHERE) for key in command.keys}
    for command in in_scope(Scope.SESSION, Scope.BATCHES, Scope.SETTINGS):
        assert not anywhere & set(command.keys), command.id


def test_the_rows_letters_are_free_in_the_pane() -> None:
    letters = [field.knob.key for field in fields().values() if field.knob.key]
    assert len(letters) == len(set(letters))
    taken = {key for command in in_scope(Scope.SETTINGS, Scope.ANYWHERE) for key in command.keys}
    # What one needs while the pane is open must not be hidden by a row.
    taken |= {key for command in in_scope(Scope.SESSION) for key in command.keys if command.id != "metric"}
    assert not taken & set(letters)


def test_keys_that_terminals_and_multiplexers_take_are_not_used() -> None:
    keys = {key for command in COMMANDS for key in command.keys}
    assert not keys & FORBIDDEN
    views = {key for command in in_scope(Scope.VIEWS) for key in command.keys}
    assert views <= RESERVED_KEYS
    assert not (keys - views) & RESERVED_KEYS
    assert not [key for key in keys if key.startswith("alt+")]


def test_every_binding_has_its_action() -> None:
    for scope, owner in OWNERS.items():
        for binding in bindings(scope):
            name = binding.action.partition("(")[0]
            assert hasattr(owner, f"action_{name}"), binding


def test_no_unregistered_default_key_is_left() -> None:
    """Textual brings ctrl+q along; the registry is to be the whole truth."""
    registered = {key for command in in_scope(Scope.ANYWHERE, Scope.VIEWS) for key in command.keys}
    bound = set(Dashboard._merge_bindings().key_to_bindings)
    assert bound - registered <= {"colon"}
