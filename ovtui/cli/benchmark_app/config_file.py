"""The files of -dump_config and -load_config: OpenVINO's properties by device, as JSON, all values as texts.

The properties of the devices behind a virtual one are one text there: '{CPU:{NUM_STREAMS:3},GPU:{NUM_STREAMS:5}}'."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from ovtui.settings.shown_text import in_quotes

DEVICE_PROPERTIES = "DEVICE_PROPERTIES"
Config = dict[str, dict[str, str]]
"""Device to property to text."""
_DEVICE = re.compile(r"\s*([\w.]+)\s*:\s*\{([^{}]*)\}\s*(?:,|$)")
_MOST_BYTES = 1_000_000
_EXAMPLE = '{"CPU": {"NUM_STREAMS": "3"}}'


def read_config(path: str) -> Config:
    """Raises click.UsageError with one sentence."""
    try:
        with Path(path).open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise click.UsageError(f"-load_config {path}: it cannot be read: {reason}") from None
    if len(content) > _MOST_BYTES:
        raise click.UsageError(f"-load_config {path}: {_MOST_BYTES:,} bytes and more are no such file")
    try:
        found = json.loads(content)
    except (ValueError, RecursionError) as error:
        where = f" (line {error.lineno})" if isinstance(error, json.JSONDecodeError) else ""
        raise click.UsageError(f"-load_config {path}: it is not JSON{where}; write {_EXAMPLE}") from None
    if not isinstance(found, dict):
        raise click.UsageError(f"-load_config {path}: properties by device are expected: {_EXAMPLE}")
    config: Config = {}
    for device, properties in found.items():
        if not isinstance(properties, dict):
            raise click.UsageError(
                f"-load_config {path}: {in_quotes(device)} has no properties in it; write {_EXAMPLE}"
            )
        config[device] = {key: _text(path, device, key, value) for key, value in properties.items()}
    return config


def _text(path: str, device: str, key: str, value: Any) -> str:
    if isinstance(value, bool):
        return "YES" if value else "NO"
    if isinstance(value, (int, float)):
        return str(value)
    if not isinstance(value, str):
        raise click.UsageError(f"-load_config {path}: {device}: {key} is neither a text nor a number")
    if value in ("True", "False"):  # as benchmark_app writes what it has read as YES or NO
        return "YES" if value == "True" else "NO"
    if key == DEVICE_PROPERTIES:
        try:
            device_properties(value)
        except ValueError:
            raise click.UsageError(
                f"-load_config {path}: {device}: {key} is not written as '{{CPU:{{KEY:3}},GPU:{{KEY:5}}}}'"
            ) from None
    return value


def write_config(path: str, config: Mapping[str, Mapping[str, str]]) -> None:
    """Raises click.ClickException."""
    try:
        Path(path).write_text(json.dumps(config, indent=4), encoding="utf-8")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise click.ClickException(f"-dump_config {path}: it cannot be written: {reason}") from None


def device_properties(text: str) -> Config:
    """The properties by device. Raises ValueError."""
    text = text.strip()
    if not text:
        return {}
    if not (text.startswith("{") and text.endswith("}")):
        raise ValueError
    found: Config = {}
    rest, at = text[1:-1].strip(), 0
    while at < len(rest):
        device = _DEVICE.match(rest, at)
        if device is None:
            raise ValueError
        pairs = [pair.partition(":") for pair in device[2].split(",") if pair.strip()]
        if not all(colon and key.strip() for key, colon, _ in pairs):
            raise ValueError
        found.setdefault(device[1], {}).update({key.strip(): value.strip() for key, _, value in pairs})
        at = device.end()
    return found


def device_properties_text(properties: Mapping[str, Mapping[str, str]]) -> str:
    devices = (
        f"{device}:{{{','.join(f'{key}:{value}' for key, value in values.items())}}}"
        for device, values in properties.items()
    )
    return f"{{{','.join(devices)}}}"
