"""Paths as a person writes them."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence

from ovtui.settings.shown_text import shown


def expand_home(text: str) -> str:
    """The path with a leading '~' or '~user' replaced by the home folder, as a shell does it where it is not quoted; a
    home that is not known is left as it is. A file whose own name begins so is './~name'."""
    return os.path.expanduser(text) if text.startswith("~") else text  # noqa: PTH111


def shell_path(text: str) -> str:
    """The path as one word of a command, to be pasted into bash in one line: characters that cannot be shown are
    written as $'...' has them, and a name that begins with '-' is no option."""
    return shell_word(f"./{text}" if text.startswith("-") else text)


def shell_word(text: str) -> str:
    """As `shell_path`, of a word that may be an option."""
    if shown(text) == text:
        return shlex.quote(text)
    try:
        word = "".join(c if shown(c) == c else _bytes(c) for c in _escaped(text))
    except UnicodeEncodeError:  # half a character that is no byte: no file has it
        return shlex.quote(shown(text))
    return f"$'{word}'"


def shell_line(words: Sequence[str]) -> str:
    """A command in one line that bash takes, whatever names are in it."""
    return " ".join(map(shell_word, words))


def _bytes(character: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in character.encode("utf-8", "surrogateescape"))


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("'", r"\'")
