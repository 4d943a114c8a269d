"""How a session is to be kept, as written on the command line."""

from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

from ovtui.cli.session_options import session_options, session_options_from
from ovtui.host.client_protocol import SessionOptions
from ovtui.settings.schema.settings import Settings


def options_of(*arguments: str) -> SessionOptions:
    found: list[SessionOptions] = []

    @click.command()
    @session_options
    def command(**given: object) -> None:
        found.append(session_options_from(given, Settings()))

    CliRunner().invoke(command, ["--no-record", *arguments], catch_exceptions=False, standalone_mode=False)
    return found[0]


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("9464", "127.0.0.1:9464"),
        (":9464", "127.0.0.1:9464"),
        ("127.0.0.1:9464", "127.0.0.1:9464"),
        ("0.0.0.0:9464", "0.0.0.0:9464"),
        ("[::1]:9464", "[::1]:9464"),
    ],
)
def test_metrics_are_for_this_machine_unless_told_otherwise(written: str, address: str) -> None:
    assert options_of("--prometheus", written).prometheus == address


@pytest.mark.parametrize("written", ["host", "127.0.0.1:", "127.0.0.1:x", "1:70000"])
def test_an_address_that_is_none_is_refused(written: str) -> None:
    with pytest.raises(click.UsageError, match="write a port"):
        options_of("--prometheus", written)


@pytest.mark.parametrize(
    ("written", "expected"), [("4M", 4 << 20), ("500mb", 500 << 20), ("2GiB", 2 << 30), ("8388608", 8 << 20)]
)
def test_sizes(written: str, expected: int) -> None:
    assert options_of("--record-limit", written).record_limit_bytes == expected


@pytest.mark.parametrize("written", ["1M", "4X", "x", "-5G", "nan"])
def test_a_size_that_is_none_or_too_small_is_refused(written: str) -> None:
    with pytest.raises(click.BadParameter, match="is not a size"):
        options_of("--record-limit", written)


@pytest.mark.parametrize(("written", "seconds"), [("90s", 90.0), ("30", 1800.0), ("30m", 1800.0), ("8h", 28_800.0)])
def test_times(written: str, seconds: float) -> None:
    assert options_of("--keep-for", written).keep_s == seconds
