"""The [keys] of the config file, held against the dashboard's actions: what holds, and what is wrong with the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ovtui.settings.did_you_mean import did_you_mean
from ovtui.settings.keymap.key_names import KeyNameError, parse_key


@dataclass(frozen=True, slots=True)
class KeyAction:
    id: str
    scope: str
    keys: tuple[str, ...]
    """The default keys, by Textual's names."""
    fixed: bool = False
    """Its keys cannot be changed, and no other action of its scope can have them."""
    everywhere: bool = False
    """No action of a scope that wins over its own can have its keys: without them a person would be lost."""


@dataclass(frozen=True, slots=True)
class KeyProblem:
    action: str
    text: str
    """What is wrong, in a sentence without the action's name."""
    is_remark: bool = False
    """Only a remark: what was written holds."""

    def __str__(self) -> str:
        return f"{self.action}: {self.text}"


@dataclass(frozen=True, slots=True)
class KeyMap:
    keys: dict[str, tuple[str, ...]]
    """Every action's keys in force."""
    changed: dict[str, tuple[str, ...]]
    """Those that differ from the defaults."""
    problems: list[KeyProblem]

    def textual(self) -> dict[str, str]:
        """`changed` for App.set_keymap. An action whose keys were taken away is not in it: Textual's keymaps cannot
        say that, so its binding has to be left out."""
        return {action: ",".join(keys) for action, keys in self.changed.items() if keys}


def resolve_keys(
    wanted: Mapping[str, Any], actions: Sequence[KeyAction], inner: Mapping[str, Sequence[str]] | None = None
) -> KeyMap:
    """`wanted` is [keys] as it stands in the file: action to a key or a list of keys, in which a later one may be
    wrong without harm to the others. `inner` gives the scopes that win over a scope while they act: a key that one of
    them has as well holds, with a remark."""
    by_id = {action.id: action for action in actions}
    problems: list[KeyProblem] = []
    asked: dict[str, tuple[str, ...]] = {}
    for id_, value in wanted.items():
        action = by_id.get(id_)
        if action is None:
            problems.append(KeyProblem(id_, f"no such action{did_you_mean(id_, by_id)}"))
        elif action.fixed:
            problems.append(KeyProblem(id_, f"its key {' '.join(action.keys)} cannot be changed"))
        else:
            keys = _parse_keys(action, value, problems)
            if keys is not None:
                asked[id_] = keys
    force = {action.id: asked.get(action.id, action.keys) for action in actions}
    _revert_duplicates(asked, force, by_id, inner or {}, problems)
    _note_shadowing(asked, force, by_id, inner or {}, problems)
    changed = {id_: keys for id_, keys in force.items() if keys != by_id[id_].keys}
    return KeyMap(force, changed, problems)


def _parse_keys(action: KeyAction, value: Any, problems: list[KeyProblem]) -> tuple[str, ...] | None:
    """The keys written for an action, or None where none of them can be used."""
    id_ = action.id
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, (list, tuple)) or not all(isinstance(text, str) for text in texts):
        problems.append(KeyProblem(id_, "expected a key, or a list of keys, such as 'f' or ['f', 'space']"))
        return None
    keys: list[str] = []
    for text in texts:
        try:
            name, remark = (text, "") if text in action.keys else parse_key(text)
        except KeyNameError as error:
            problems.append(KeyProblem(id_, f"{text!r}: {error}"))
            continue
        if remark:
            problems.append(KeyProblem(id_, f"{text!r}: {remark}", is_remark=True))
        if name not in keys:
            keys.append(name)
    return tuple(keys) if keys or not texts else None


def _revert_duplicates(
    asked: dict[str, tuple[str, ...]],
    force: dict[str, tuple[str, ...]],
    by_id: Mapping[str, KeyAction],
    inner: Mapping[str, Sequence[str]],
    problems: list[KeyProblem],
) -> None:
    """Gives an action its default keys back where another of its scope has one of the keys asked for, the one asked
    last first; that may take a key that was asked for elsewhere, so until nothing is double."""
    while True:
        found = _find_duplicate(asked, force, by_id, inner)
        if found is None:
            return
        loser, key, other = found
        where = "in the same place" if by_id[other].scope == by_id[loser].scope else "everywhere"
        problems.append(KeyProblem(loser, f"{key!r} is the key of {other} {where}; it keeps its default"))
        del asked[loser]
        force[loser] = by_id[loser].keys


def _find_duplicate(
    asked: dict[str, tuple[str, ...]],
    force: Mapping[str, tuple[str, ...]],
    by_id: Mapping[str, KeyAction],
    inner: Mapping[str, Sequence[str]],
) -> tuple[str, str, str] | None:
    for id_ in reversed(asked):
        scope = by_id[id_].scope
        for other, keys in force.items():
            there = by_id[other]
            hidden = there.everywhere and scope in inner.get(there.scope, ())
            if other != id_ and (there.scope == scope or hidden):
                for key in asked[id_]:
                    if key in keys and not (hidden and key in by_id[id_].keys):
                        return id_, key, other
    return None


def _note_shadowing(
    asked: Mapping[str, tuple[str, ...]],
    force: Mapping[str, tuple[str, ...]],
    by_id: Mapping[str, KeyAction],
    inner: Mapping[str, Sequence[str]],
    problems: list[KeyProblem],
) -> None:
    for id_, keys in asked.items():
        scope = by_id[id_].scope
        for other, taken in force.items():
            there = by_id[other].scope
            for key in sorted(set(keys) & set(taken) - set(by_id[id_].keys)):
                if there in inner.get(scope, ()):
                    text = f"{key!r} is {other} in {there!r}, which wins there"
                    problems.append(KeyProblem(id_, text, is_remark=True))
                elif scope in inner.get(there, ()):
                    problems.append(KeyProblem(id_, f"{key!r} hides {other} there", is_remark=True))
