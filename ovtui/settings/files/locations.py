"""Paths of a person's own files."""

from __future__ import annotations

from pathlib import Path


def config_folder() -> Path:
    """~/.config/ovtui, or below XDG_CONFIG_HOME."""
    from platformdirs import user_config_path

    return user_config_path("ovtui", appauthor=False)


def config_file() -> Path:
    return config_folder() / "config.toml"


def presets_folder() -> Path:
    return config_folder() / "presets"


def model_cache_folder() -> Path:
    """Suggested folder for compiled models: ~/.cache/ovtui/models, or below XDG_CACHE_HOME."""
    from platformdirs import user_cache_path

    return user_cache_path("ovtui", appauthor=False) / "models"
