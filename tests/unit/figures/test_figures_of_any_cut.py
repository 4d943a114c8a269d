"""The figures of a session do not depend on how it is cut into updates: a dashboard polls it four times a second, a
report reads it at once."""

from __future__ import annotations

import random
from typing import Any

import pytest
from figure_recordings import MADE
from figure_sessions import read, result_of

from ovtui.metrics.digest import Digest
from ovtui.records.session_file.replay import Replay

SECOND = 1_000_000_000


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("name", MADE)
def test_a_replay_in_pieces_ends_with_the_figures_of_one_in_one_piece(made: Any, name: str, seed: int) -> None:
    assert unequal(in_pieces(made(name), random.Random(seed)), read(made(name)).result) == {}


def in_pieces(path: Any, dice: random.Random) -> dict[str, Any]:
    now_ns = [0]
    replay, digest = Replay(str(path), now_ns=lambda: now_ns[0]), Digest()
    for _ in range(dice.randint(1, 40)):
        now_ns[0] += dice.randint(1, SECOND)
        digest.feed(replay.poll())
    replay.stop()
    while not digest.snapshot().finished:
        digest.feed(replay.poll())
    replay.close()
    return result_of(digest)


def unequal(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """What differs, by name. Since when a limit is met depends on the cuts: limits are checked once a second."""
    for result in (one, other):
        for limit in result["slo"]:
            limit.pop("since_s", None)
    return {key: (one[key], other[key]) for key in one if one[key] != other[key] and key != "advice"}
