"""Model names: the built-in models, and the check that a word can name a model."""

from __future__ import annotations

import os

from ovtui.settings.did_you_mean import did_you_mean
from ovtui.settings.errors import SettingsError
from ovtui.settings.paths import expand_home
from ovtui.settings.shown_text import in_quotes

BUILT_IN_MODELS = ("demo-cnn", "demo-mlp", "demo-matmul")
"""Built by `engine/model/builtin_models.py`."""


def is_model(word: str) -> bool:
    """True for a built-in model, for a file, a folder or a link (also one to nothing), and for every word that contains
    '.' or '/'. Such a word is a path, and the engine reports whether the file exists."""
    return word in BUILT_IN_MODELS or "." in word or "/" in word or os.path.lexists(expand_home(word))


def check_model(word: str) -> None:
    """Raises SettingsError, with the nearest built-in model, where `word` cannot be a model."""
    if not is_model(word):
        raise SettingsError(
            f"no model file or built-in model {in_quotes(word)}; built in are {', '.join(BUILT_IN_MODELS)}"
            f"{did_you_mean(word, BUILT_IN_MODELS, start='; ')}"
        )
