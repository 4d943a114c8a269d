"""`--host` completes the names of ~/.ssh/config."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from ovtui.cli import completers


def names(incomplete: str = "") -> list[str]:
    context = click.Context(click.Command("hosts"))
    return [item.value for item in completers.ssh_hosts(context, click.Option(["--host"]), incomplete)]


def test_the_names_of_the_configuration_without_its_patterns(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert names() == [], "there is no configuration"
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh" / "config").write_text(
        "Host box1 box2 *.lab !box3\n  HostName 192.0.2.1\nhost=nuc?\nHOST = arc1\nMatch host x\nHost box1 -oX\n"
    )
    assert names() == ["box1", "box2", "arc1"]
    assert names("b") == ["box1", "box2"]
