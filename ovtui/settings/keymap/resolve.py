"""The [keys] of the config file resolved against the dashboard's actions: the keys in force, and the problems found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ovtui.settings.did_you_mean import did_you_mean
from ovtui.settings.keymap.key_names import KeyNameError, parse_key
from ovtui.settings.shown_text import in_quotes


@dataclass(frozen=True, slots=True)
class KeyAction:
    id: str
    scope: str
    keys: tuple[str, ...]
    """The default keys, by Textual's names."""
    fixed: bool = False
    """True when its keys cannot be changed, nor given to another action of its scope."""
    everywhere: bool = False
    """True when no action of an inner scope may take its keys, since a person could not leave that scope otherwise."""


@dataclass(frozen=True, slots=True)
class KeyProblem:
    action: str
    text: str
    """What is wrong, without the action's name."""
    is_remark: bool = False
    """True when the key is in force as written."""

    def __str__(self) -> str:
        return f"{self.action}: {self.text}"


@dataclass(frozen=True, slots=True)
class KeyMap:
    keys: dict[str, tuple[str, ...]]
    """The keys in force, of every action."""
    changed: dict[str, tuple[str, ...]]
    """The entries of `keys` that differ from the defaults."""
    problems: list[KeyProblem]

    def textual(self) -> dict[str, str]:
        """`changed` for App.set_keymap, without the actions that have no key: Textual's keymap cannot express that, so
        their bindings have to be left out."""
        return {action: ",".join(keys) for action, keys in self.changed.items() if keys}


def resolve_keys(
    wanted: Mapping[str, Any], actions: Sequence[KeyAction], inner: Mapping[str, Sequence[str]] | None = None
) -> KeyMap:
    """The keys in force. `wanted` is the table [keys] of the file: action to a key or a list of keys; a bad key does
    not affect the others. `inner` maps a scope to the inner scopes that take precedence over it while they are active.
    A key that an inner scope uses too is accepted, with a remark."""
    by_id = {action.id: action for action in actions}
    problems: list[KeyProblem] = []
    requested: dict[str, tuple[str, ...]] = {}
    for id_, value in wanted.items():
        action = by_id.get(id_)
        if action is None:
            problems.append(KeyProblem(id_, f"no such action{did_you_mean(id_, by_id)}"))
        elif action.fixed:
            problems.append(KeyProblem(id_, f"its key {' '.join(action.keys)} cannot be changed"))
        else:
            keys = _parse_keys(action, value, problems)
            if keys is not None:
                requested[id_] = keys
    in_force = {action.id: requested.get(action.id, action.keys) for action in actions}
    _revert_duplicates(requested, in_force, by_id, inner or {}, problems)
    _note_shadowing(requested, in_force, by_id, inner or {}, problems)
    changed = {id_: keys for id_, keys in in_force.items() if keys != by_id[id_].keys}
    return KeyMap(in_force, changed, problems)


def _parse_keys(action: KeyAction, value: Any, problems: list[KeyProblem]) -> tuple[str, ...] | None:
    """The keys given for an action; None where none of them can be used."""
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
            problems.append(KeyProblem(id_, f"{in_quotes(text)}: {error}"))
            continue
        if remark:
            problems.append(KeyProblem(id_, f"{in_quotes(text)}: {remark}", is_remark=True))
        if name not in keys:
            keys.append(name)
    return tuple(keys) if keys or not texts else None


def _revert_duplicates(
    requested: dict[str, tuple[str, ...]],
    in_force: dict[str, tuple[str, ...]],
    by_id: Mapping[str, KeyAction],
    inner: Mapping[str, Sequence[str]],
    problems: list[KeyProblem],
) -> None:
    """Reverts an action to its default keys where another action of its scope has one of the requested keys, latest
    request first. A default may collide with another request, so this repeats until no key is used twice."""
    while True:
        found = _find_duplicate(requested, in_force, by_id, inner)
        if found is None:
            return
        loser, key, other = found
        where = "in the same place" if by_id[other].scope == by_id[loser].scope else "everywhere"
        problems.append(KeyProblem(loser, f"{in_quotes(key)} is the key of {other} {where}; it keeps its default"))
        del requested[loser]
        in_force[loser] = by_id[loser].keys


def _find_duplicate(
    requested: dict[str, tuple[str, ...]],
    in_force: Mapping[str, tuple[str, ...]],
    by_id: Mapping[str, KeyAction],
    inner: Mapping[str, Sequence[str]],
) -> tuple[str, str, str] | None:
    for id_ in reversed(requested):
        scope = by_id[id_].scope
        for other, keys in in_force.items():
            there = by_id[other]
            hidden = there.everywhere and scope in inner.get(there.scope, ())
            if other != id_ and (there.scope == scope or hidden):
                for key in requested[id_]:
                    if key in keys and not (hidden and key in by_id[id_].keys):
                        return id_, key, other
    return None


def _note_shadowing(
    requested: Mapping[str, tuple[str, ...]],
    in_force: Mapping[str, tuple[str, ...]],
    by_id: Mapping[str, KeyAction],
    inner: Mapping[str, Sequence[str]],
    problems: list[KeyProblem],
) -> None:
    for id_, keys in requested.items():
        scope = by_id[id_].scope
        for other, taken in in_force.items():
            there = by_id[other].scope
            for key in sorted(set(keys) & set(taken) - set(by_id[id_].keys)):
                if there in inner.get(scope, ()):
                    text = f"{in_quotes(key)} is {other} in {in_quotes(there)}, which wins there"
                    problems.append(KeyProblem(id_, text, is_remark=True))
                elif scope in inner.get(there, ()):
                    problems.append(KeyProblem(id_, f"{in_quotes(key)} hides {other} there", is_remark=True))
