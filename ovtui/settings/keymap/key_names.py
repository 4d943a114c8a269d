"""Textual's names of keys, which of them a terminal sends, and which are intercepted on the way."""

from __future__ import annotations

_NAVIGATION_KEYS = ("up", "down", "left", "right", "home", "end", "pageup", "pagedown", "insert", "delete")
_SPECIAL_KEYS = frozenset((*_NAVIGATION_KEYS, "enter", "tab", "escape", "space", "backspace"))
_FUNCTION_KEYS = frozenset(f"f{number}" for number in range(1, 25))
_CHARACTER_NAMES = {
    "!": "exclamation_mark", '"': "quotation_mark", "#": "number_sign", "$": "dollar_sign", "%": "percent_sign",
    "&": "ampersand", "'": "apostrophe", "(": "left_parenthesis", ")": "right_parenthesis", "*": "asterisk",
    "+": "plus", ",": "comma", "-": "minus", ".": "full_stop", "/": "slash", ":": "colon", ";": "semicolon",
    "<": "less_than_sign", "=": "equals_sign", ">": "greater_than_sign", "?": "question_mark", "@": "at",
    "[": "left_square_bracket", "\\": "backslash", "]": "right_square_bracket", "^": "circumflex_accent",
    "_": "underscore", "`": "grave_accent", "{": "left_curly_bracket", "|": "vertical_line",
    "}": "right_curly_bracket", "~": "tilde", " ": "space",
}  # fmt: skip
SIGNS = {name: sign for sign, name in _CHARACTER_NAMES.items() if sign != " "}
"""Name of a key to the character that a person reads."""
_ALIASES = {
    "esc": "escape", "return": "enter", "pgup": "pageup", "page_up": "pageup", "pgdn": "pagedown",
    "pgdown": "pagedown", "page_down": "pagedown", "del": "delete", "ins": "insert", "spacebar": "space",
    "bksp": "backspace", "period": "full_stop", "dot": "full_stop", "hyphen": "minus", "equals": "equals_sign",
    "equal": "equals_sign", "questionmark": "question_mark", "backtab": "shift+tab",
}  # fmt: skip
_INTERCEPTED = {
    "ctrl+a": "screen and many tmux set-ups intercept it",
    "ctrl+b": "tmux intercepts it",
    "ctrl+s": "terminals stop their output at it",
    "ctrl+j": "it arrives as a line feed, like enter",
    "ctrl+o": "some terminals swallow it",
    "ctrl+h": "it arrives as backspace",
    "ctrl+i": "it arrives as tab",
    "ctrl+m": "it arrives as enter",
    "ctrl+c": "it interrupts",
    "ctrl+z": "it suspends",
    "ctrl+left_square_bracket": "it arrives as escape",
}
_SHIFTABLE_KEYS = (*_NAVIGATION_KEYS, "tab")


class KeyNameError(ValueError):
    """The text is the reason, without the key's name."""


def parse_key(text: str) -> tuple[str, str]:
    """The key's name, and a remark where the text differs from it. Raises KeyNameError for an unbindable key."""
    if text in _CHARACTER_NAMES:
        return _CHARACTER_NAMES[text], ""
    if len(text) == 1 and text.isalnum():
        return text, ""
    written = text.strip()
    name = _normalised(written)
    _check_bindable(name)
    return name, "" if name == written else f"taken as {name}"


def _normalised(text: str) -> str:
    """Modifiers in lower case and in a fixed order, then the key's name."""
    if text and text[-1] in "+-" and len(text) > 1 and text[-2] in "+-":  # 'ctrl++'
        head, key = text[:-2], _CHARACTER_NAMES[text[-1]]
    else:
        separator = "+" if "+" in text else "-"
        head, _, key = text.rpartition(separator) if len(text) > 1 else ("", "", text)
    modifiers = [part.strip().lower() for part in head.replace("-", "+").split("+") if part.strip()]
    modifiers = ["ctrl" if part in ("control", "c", "^") else part for part in modifiers]
    if len(key) == 1 and key.isalpha():
        if "shift" in modifiers and "ctrl" not in modifiers:
            modifiers.remove("shift")
            key = key.upper()
        elif modifiers:
            key = key.lower()
    elif len(key) == 1:
        key = _CHARACTER_NAMES.get(key, key)
    else:
        key = key.lower()
        key = _ALIASES.get(key, key)
    order = [part for part in ("ctrl", "alt", "shift") if part in modifiers]
    return "+".join([*order, *(part for part in modifiers if part not in order), key])


def _check_bindable(name: str) -> None:
    if name in _INTERCEPTED:
        raise KeyNameError(_INTERCEPTED[name])
    *modifiers, key = name.split("+")
    if "alt" in modifiers or "meta" in modifiers:
        raise KeyNameError("chords with alt do not survive tmux and SSH")
    if set(modifiers) - {"ctrl", "shift"}:
        raise KeyNameError("terminals send no such modifier")
    if not _is_key(key):
        raise KeyNameError("no such key; write a letter, a digit, a sign, or a name such as escape, pageup, f5, ctrl+g")
    if "shift" in modifiers and key not in _SHIFTABLE_KEYS:
        raise KeyNameError("terminals do not send shift with this key")
    if "ctrl" in modifiers and not (key in _NAVIGATION_KEYS or (len(key) == 1 and key.isascii() and key.islower())):
        raise KeyNameError("terminals do not send ctrl with this key")


def _is_key(key: str) -> bool:
    named = key in _SPECIAL_KEYS or key in _FUNCTION_KEYS or key in _CHARACTER_NAMES.values()
    return named or (len(key) == 1 and key.isalnum())
