"""What a model's name shows by itself: whether it is built in, or can be a path."""

from __future__ import annotations

import os

from ovtui.settings.did_you_mean import did_you_mean
from ovtui.settings.errors import SettingsError

BUILT_IN_MODELS = ("demo-cnn", "demo-mlp", "demo-matmul")
"""Built by `engine/model/builtin_models.py`."""


def is_model(word: str) -> bool:
    """True for a built-in model, for a file or folder that exists, and for every word written like a path ('.' or '/'
    in it): whether that file exists is reported by the engine."""
    return word in BUILT_IN_MODELS or "." in word or "/" in word or os.path.exists(word)  # noqa: PTH110


def check_model(word: str) -> None:
    """Raises SettingsError with the nearest built-in model where `word` can be no model."""
    if not is_model(word):
        raise SettingsError(
            f"no model file or built-in model {word!r}; built in are {', '.join(BUILT_IN_MODELS)}"
            f"{did_you_mean(word, BUILT_IN_MODELS)}"
        )
