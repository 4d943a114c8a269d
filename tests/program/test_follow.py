"""`ovtui follow` beside real sessions: one that begins later, one whose host stands still, one whose engine fails."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from harness.fixture_types import Headless
from harness.program import ovtui

LIMIT_S = 60


class Following:
    """`ovtui follow`, its lines read one after another."""

    def __init__(self, env: dict[str, str], *arguments: str) -> None:
        self.process = subprocess.Popen(
            ovtui("follow", "--every", "0.3s", *arguments), env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

        self.seen: list[dict[str, Any]] = []

    def lines(self) -> Iterator[dict[str, Any]]:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.seen.append(json.loads(line))
            yield self.seen[-1]

    @property
    def blocks(self) -> list[dict[str, Any]]:
        return [block for line in self.seen for block in line.get("blocks", [])]

    def end(self) -> tuple[int, str]:
        _, err = self.process.communicate(timeout=LIMIT_S)
        return self.process.returncode, err

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()


@pytest.fixture
def following(program_env: dict[str, str], no_leftovers: None) -> Iterator[Any]:
    running: list[Following] = []

    def begun(*arguments: str) -> Following:
        running.append(Following(program_env, *arguments))
        return running[-1]

    yield begun
    for each in running:
        each.close()


def test_from_before_it_begins_to_its_result_and_past_its_end(
    following: Any, headless: Headless, tmp_path: Path
) -> None:
    path = tmp_path / "later.ovtui"
    (tmp_path / "link").symlink_to(tmp_path)
    follows = following("--record", str(tmp_path / "link" / "later.ovtui"), "--wait", "60")
    lines = follows.lines()
    assert next(lines)["kind"] == "waiting"
    name = headless("run", "demo-mlp", "-d", "CPU", "--rate", "100", "-t", "4.2", "--detach", "--record", str(path))
    told = next(line for line in lines if line["kind"] == "now")
    killed = following(name.stdout.strip()[:5])
    assert next(killed.lines())["session"] == name.stdout.strip()
    killed.process.kill()  # nothing of the session changes
    pid = next(each["pid"] for each in json.loads(headless("sessions", "--json").stdout))
    os.kill(pid, signal.SIGSTOP)
    try:
        silent = next(line for line in lines if "does not answer" in line["text"])
        assert silent["kind"] == "now"
    finally:
        os.kill(pid, signal.SIGCONT)
    *between, ended = lines
    assert follows.end() == (0, "")
    assert (told["session"], told["model"], told["requested"]) == (name.stdout.strip(), "demo-mlp", "CPU")
    assert all(line["kind"] == "now" for line in between)
    assert (ended["kind"], ended["code"], ended["text"], ended["recording"]) == ("ended", 0, "", str(path))
    assert [block["number"] for block in follows.blocks] in (
        [1],
        [0, 1],
    )  # the first one holds the warm-up, unless a busy machine was never steady

    assert headless("stop").returncode == 0  # it stayed
    again = json.loads(headless("follow", "--record", str(path)).stdout)
    assert (again["code"], again["session"]) == (0, ended["session"])
    assert again["blocks"] == follows.blocks
    del again["result"]["recording"], ended["result"]["recording"]  # it goes on until the session ends
    for name in ("requests", "throughput", "latency_ms", "by_device", "load", "warm_up", "segments"):
        assert again["result"][name] == ended["result"][name], name


def test_its_reader_goes_or_a_signal_comes(following: Any, tmp_path: Path) -> None:
    words = ("--record", str(tmp_path / "never.ovtui"), "--wait", "600")
    gone, ended = following(*words), following(*words)
    for each in (gone, ended):
        assert next(each.lines())["kind"] == "waiting"
    gone.process.stdout.close()
    ended.process.send_signal(signal.SIGTERM)
    assert gone.process.wait(LIMIT_S) == 1
    assert gone.process.stderr.read() == ""
    assert ended.end() == (130, "")


def test_an_engine_that_fails(following: Any, headless: Headless, tmp_path: Path) -> None:
    (tmp_path / "bad.xml").write_text("<net/>")
    path = str(tmp_path / "bad.ovtui")
    follows = following("--record", path, "--wait", "60")
    assert headless("run", str(tmp_path / "bad.xml"), "-d", "CPU", "--detach", "--record", path).returncode == 4
    ended = list(follows.lines())[-1]
    assert follows.end() == (0, "")
    assert (ended["kind"], ended["code"], ended["result"]) == ("ended", 4, None)
    assert "bad.xml" in ended["text"]
