"""--state, proved by models whose outputs show their state: in every driver, with one and several infer requests."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from harness.stateful_models import POSITIONS, VOCABULARY

TESTS = Path(__file__).parents[1]
LOADS: list[dict[str, Any]] = [
    {"driver": "sync", "nireq": 1, "requests": 12},
    {"driver": "polled", "nireq": 1, "requests": 12},
    {"driver": "polled", "nireq": 3, "requests": 30},
    {"driver": "polled", "nireq": 3, "requests": 30, "rate": 2000.0},
    {"driver": "callbacks", "nireq": 3, "requests": 30},
    {"driver": "callbacks", "nireq": 2, "requests": 20, "rate": 2000.0},
]
POLICIES = (["reset"], ["keep"], ["3"])


def truth(cases: list[dict[str, Any]]) -> list[dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, str(TESTS / "engine" / "state_truth.py"), json.dumps(cases)],
        capture_output=True, text=True, timeout=120, check=False, env={**os.environ, "PYTHONPATH": str(TESTS)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)
    assert [run["errors"] for run in found] == [[]] * len(found)
    return found


def every(policy: str) -> int:
    return {"reset": 1, "keep": 10**9}.get(policy) or int(policy)


def test_a_state_is_reset_as_the_setting_says() -> None:
    cases = [{"model": "accumulator", "seed": 0, "policies": p, **load} for load in LOADS for p in POLICIES]
    for case, found in zip(cases, truth(cases), strict=True):
        total = 0
        for sums, resets in zip(found["shown"], found["resets"], strict=True):
            count = every(case["policies"][0])
            expected = [n % count + 1 for n in range(len(sums))]
            assert [value for _, value in sums] == expected, case
            assert resets == [n == 1 and (count == 1 or at > 0) for at, n in enumerate(expected)], case
            total += len(sums)
        assert total == case["requests"]


def test_another_policy_holds_from_the_next_request_on() -> None:
    case = {"model": "accumulator", "seed": 0, "requests": 4, "nireq": 1, "policies": ["keep", "reset", "keep", "2"]}
    for found in truth([{**case, "driver": "sync"}, {**case, "driver": "polled"}]):
        # Kept, then each anew; then on from the state that the last one left; 5 since its reset, so over 2 at once.
        assert [value for _, value in found["shown"][0]] == [1, 2, 3, 4, 1, 1, 1, 1, 2, 3, 4, 5, 1, 2, 1, 2]


DATA_SHAPES = {"": [1], "input_ids[1,5]": [5], "input_ids[2,3]": [3], "input_ids[1,4][1,1][1,1]": [4, 1, 1]}
"""--data-shape, and the tokens of each request in turn."""


def test_a_decoder_is_fed_what_follows_its_state() -> None:
    """The mask is as long as the state with the request's tokens, and positions go on where the last request ended."""
    cases = [
        {"model": "decoder", "seed": seed, "policies": policies, "data_shape": data_shape, **load}
        for data_shape, lengths in DATA_SHAPES.items()
        for seed, load in enumerate([load for load in LOADS if "rate" not in load] if len(lengths) == 1 else LOADS[:2])
        for policies in POLICIES
    ]
    tokens_seen = set()
    for case, found in zip(cases, truth(cases), strict=True):
        count, longest = every(case["policies"][0]), 0
        batch = 2 if "[2," in case["data_shape"] else 1
        for k, facts in enumerate(found["shown"]):
            held = 0
            for n, tokens in enumerate(islice(cycle(DATA_SHAPES[case["data_shape"]]), len(facts))):
                held = held if n % count else 0
                state, mask, first, last, greatest, ones, beam = facts[n]
                held += tokens
                # The length of the state's tensor, by OpenVINO, is what is counted.
                assert (state, mask) == (held, held), (case, n)
                assert (ones, beam) == (batch * held, batch - 1)
                assert (first, last) == (min(held - tokens, POSITIONS - 1), min(held - 1, POSITIONS - 1)), (case, n)
                assert 0 <= greatest < VOCABULARY
                tokens_seen.add(greatest)
                longest = max(longest, held)
            assert found["held"][k] == held
        assert found["longest"] == longest
    assert max(tokens_seen) > 10  # from the vocabulary, not 0 and 1
