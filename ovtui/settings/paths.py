"""Paths as a person writes them."""

from __future__ import annotations

import os


def expand_home(text: str) -> str:
    """The path with a leading '~' or '~user' replaced by the home folder, as a shell does it where it is not quoted; a
    home that is not known is left as it is. A file whose own name begins so is './~name'."""
    return os.path.expanduser(text) if text.startswith("~") else text  # noqa: PTH111
