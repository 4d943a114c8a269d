"""The files that belong to a model: what has to be copied where it is to run elsewhere."""

from __future__ import annotations

import msgspec


class ModelParts(msgspec.Struct, frozen=True, kw_only=True):
    """An answer about a model; with `problem` it has no files."""

    folder: str = ""
    """Absolute; the files are below it."""
    main: str = ""
    """What is given as the model, relative to `folder`; '.' where the folder itself is the model. Empty for a built-in
    model, which has no files."""
    files: tuple[str, ...] = ()
    """Relative to `folder`."""
    problem: str = ""
    """Why it cannot be used, as a sentence."""
    misused: bool = False
    """What was given for the model is wrong, not the model."""
