from __future__ import annotations

from typing import Any

import pytest
from textual.keys import Keys, _character_to_key

from ovtui.dashboard.keys.commands import COMMANDS
from ovtui.dashboard.keys.keymap import rebindable_actions, resolve_bindings
from ovtui.settings.keymap.key_names import KeyNameError, parse_key
from ovtui.settings.keymap.resolve import KeyAction, KeyMap, resolve_keys

ACTIONS = [
    KeyAction("freeze", "session", ("space", "f")),
    KeyAction("zoom", "session", ("z",)),
    KeyAction("metric", "session", ("m",)),
    KeyAction("row-down", "pane", ("j", "down")),
    KeyAction("row-device", "pane", ("d",), fixed=True),
    KeyAction("quit", "anywhere", ("q",), everywhere=True),
    KeyAction("bell", "anywhere", ("b",)),
    KeyAction("close", "page", ("escape", "q")),
    KeyAction("interrupt", "anywhere", ("ctrl+c",), fixed=True),
]
INNER = {"session": ("pane",), "anywhere": ("pane", "session", "page")}


def resolved(**wanted: Any) -> KeyMap:
    return resolve_keys({name.replace("_", "-"): value for name, value in wanted.items()}, ACTIONS, INNER)


def problem_texts(found: KeyMap) -> list[str]:
    return [str(problem) for problem in found.problems]


def test_nothing_wanted_is_the_defaults() -> None:
    found = resolved()
    assert found.keys == {action.id: action.keys for action in ACTIONS}
    assert (found.changed, found.problems) == ({}, [])


def test_keys_are_replaced_added_and_taken_away() -> None:
    found = resolved(freeze="x", zoom=["z", "plus"], metric=[])
    assert found.problems == []
    assert found.changed == {"freeze": ("x",), "zoom": ("z", "plus"), "metric": ()}
    assert found.textual() == {"freeze": "x", "zoom": "z,plus"}
    assert found.keys["quit"] == ("q",)


def test_two_actions_may_change_keys() -> None:
    found = resolved(zoom="m", metric="z")
    assert (found.problems, found.changed) == ([], {"zoom": ("m",), "metric": ("z",)})


def test_a_key_of_another_action_in_the_same_place_is_refused_and_the_rest_works() -> None:
    found = resolved(freeze="z", metric="x")
    assert problem_texts(found) == ["freeze: 'z' is the key of zoom in the same place; it keeps its default"]
    assert found.changed == {"metric": ("x",)}


def test_of_two_that_want_one_key_the_first_gets_it() -> None:
    found = resolved(freeze="x", metric="x")
    assert problem_texts(found) == ["metric: 'x' is the key of freeze in the same place; it keeps its default"]
    assert found.changed == {"freeze": ("x",)}


def test_the_way_out_is_not_taken_by_what_wins_over_it() -> None:
    found = resolved(zoom="q", row_down="q", metric="b", close="q")
    assert problem_texts(found) == [
        "row-down: 'q' is the key of quit everywhere; it keeps its default",
        "zoom: 'q' is the key of quit everywhere; it keeps its default",
        "metric: 'b' hides bell there",
    ]
    assert found.changed == {"metric": ("b",), "close": ("q",)}
    assert resolved(quit="Q", zoom="q").changed == {"quit": ("Q",), "zoom": ("q",)}


def test_a_default_that_comes_back_is_not_taken_twice() -> None:
    """freeze requests metric's key and metric a key that zoom keeps: metric reverts to 'm', and so must freeze."""
    found = resolved(freeze="m", metric="z")
    assert found.changed == {}
    assert len(found.problems) == 2
    assert_none_double(found)


def test_a_fixed_key_is_neither_changed_nor_taken() -> None:
    found = resolved(interrupt="x", row_down="d")
    assert problem_texts(found) == [
        "interrupt: its key ctrl+c cannot be changed",
        "row-down: 'd' is the key of row-device in the same place; it keeps its default",
    ]
    assert found.changed == {}


def test_an_inner_scope_wins_and_it_is_said() -> None:
    found = resolved(quit="j")
    assert problem_texts(found) == ["quit: 'j' is row-down in 'pane', which wins there"]
    assert found.problems[0].is_remark
    assert found.changed == {"quit": ("j",)}


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"frieze": "x"}, "frieze: no such action, did you mean freeze?"),
        ({"freeze": 3}, "freeze: expected a key, or a list of keys"),
        ({"freeze": ["x", 3]}, "freeze: expected a key, or a list of keys"),
        ({"freeze": {"a": "b"}}, "freeze: expected a key, or a list of keys"),
        ({"freeze": "F13+x"}, "terminals send no such modifier"),
        ({"freeze": "hyperspace"}, "'hyperspace': no such key"),
        ({"freeze": ""}, "'': no such key"),
        ({"freeze": "ctrl+s"}, "'ctrl+s': terminals stop their output at it"),
        ({"freeze": "Ctrl-A"}, "'Ctrl-A': screen and many tmux set-ups intercept it"),
        ({"freeze": "alt+x"}, "chords with alt do not survive"),
        ({"freeze": "ctrl+i"}, "it arrives as tab"),
        ({"freeze": "ctrl+5"}, "terminals do not send ctrl with this key"),
        ({"freeze": "shift+f5"}, "terminals do not send shift with this key"),
        ({"freeze": "super+x"}, "terminals send no such modifier"),
        ({"freeze": "ctrl+c"}, "it interrupts"),
    ],
)
def test_what_cannot_be_is_refused_with_the_reason_and_the_rest_works(wanted: dict[str, Any], expected: str) -> None:
    found = resolve_keys({**wanted, "zoom": "x"}, ACTIONS, INNER)
    assert len(found.problems) == 1
    assert expected in str(found.problems[0])
    assert not found.problems[0].is_remark
    assert found.changed == {"zoom": ("x",)}


def test_one_bad_key_of_a_list_leaves_the_good_ones() -> None:
    found = resolved(freeze=["ctrl+s", "x", "x"])
    assert found.changed == {"freeze": ("x",)}
    assert len(found.problems) == 1


def test_a_default_key_may_be_written_though_it_could_not_be_chosen() -> None:
    suspend = [KeyAction("suspend", "anywhere", ("ctrl+z",))]
    assert resolve_keys({"suspend": "ctrl+z"}, suspend).problems == []
    assert resolve_keys({"suspend": ["ctrl+z", "f5"]}, suspend).changed == {"suspend": ("ctrl+z", "f5")}


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("x", "x"), ("X", "X"), ("7", "7"), ("ä", "ä"), ("?", "question_mark"), ("+", "plus"), (",", "comma"),
        (" ", "space"), ("space", "space"), ("question_mark", "question_mark"), ("f12", "f12"), ("ctrl+g", "ctrl+g"),
        ("shift+tab", "shift+tab"), ("ctrl+pageup", "ctrl+pageup"), ("ctrl+shift+up", "ctrl+shift+up"),
    ],
)  # fmt: skip
def test_names_of_keys(written: str, name: str) -> None:
    assert parse_key(written) == (name, "")


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("esc", "escape"), ("Escape", "escape"), ("return", "enter"), ("PgDn", "pagedown"), ("del", "delete"),
        ("Ctrl+G", "ctrl+g"), ("C-g", "ctrl+g"), ("control-g", "ctrl+g"), ("^-g", "ctrl+g"), ("shift+x", "X"),
        ("shift+ctrl+up", "ctrl+shift+up"), ("F5", "f5"), ("backtab", "shift+tab"),
    ],
)  # fmt: skip
def test_other_spellings_are_taken_and_it_is_said(written: str, name: str) -> None:
    assert parse_key(written) == (name, f"taken as {name}")
    found = resolved(freeze=written)
    assert found.changed == {"freeze": (name,)}
    assert problem_texts(found)[0] == f"freeze: {written!r}: taken as {name}"
    assert found.problems[0].is_remark


def test_every_sign_has_textuals_name() -> None:
    for code in range(32, 127):
        character = chr(code)
        assert parse_key(character) == (_character_to_key(character), ""), character


def test_every_named_key_that_is_accepted_is_one_of_textuals() -> None:
    ours = 0
    for key in Keys:
        try:
            name, _ = parse_key(key.value)
        except KeyNameError:
            continue
        assert name == {"return": "enter"}.get(key.value, key.value)
        ours += 1
    assert ours > 60


def test_the_dashboards_own_keys_are_free_of_duplicates_and_forbidden_ones() -> None:
    found = resolve_bindings({action.id: list(action.keys) for action in rebindable_actions() if not action.fixed})
    assert found.problems == []
    assert found.changed == {}
    assert_none_double(found, rebindable_actions())


def test_every_command_of_the_dashboard_is_an_action() -> None:
    assert {command.id for command in COMMANDS} <= {action.id for action in rebindable_actions()}
    assert {action.id for action in rebindable_actions() if action.fixed} >= {"interrupt", "row-device"}


def assert_none_double(found: KeyMap, of: list[KeyAction] = ACTIONS) -> None:
    scopes = {action.id: action.scope for action in of}
    taken = [(scopes[id_], key) for id_, keys in found.keys.items() for key in keys]
    assert len(set(taken)) == len(taken)
