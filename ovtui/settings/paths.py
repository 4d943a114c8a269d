"""Paths as a person writes them."""

from __future__ import annotations

import os
import shlex


def expand_home(text: str) -> str:
    """The path with a leading '~' or '~user' replaced by the home folder, as a shell does it where it is not quoted; a
    home that is not known is left as it is. A file whose own name begins so is './~name'."""
    return os.path.expanduser(text) if text.startswith("~") else text  # noqa: PTH111


def shell_path(text: str) -> str:
    """The path as one word of a command, to be pasted into bash in one line: signs that cannot be shown are written as
    $'...' has them, and a name that begins with '-' is no option."""
    text = f"./{text}" if text.startswith("-") else text
    if text.isprintable():
        return shlex.quote(text)
    signs = ("".join(f"\\x{byte:02x}" for byte in os.fsencode(s)) if not s.isprintable() else s for s in _escaped(text))
    return f"$'{''.join(signs)}'"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("'", r"\'")
