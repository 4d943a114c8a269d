"""What is done for a request before it is submitted: its state is reset, its input filled in."""

from __future__ import annotations

import openvino as ov

from ovtui.engine.model.inputs import Inputs
from ovtui.records.clock import now_ns
from ovtui.settings.schema.state_policy import RESET, requests_between_resets

MAX_RESET_US = 65_504.0
"""The greatest number that the record's `reset_us` holds."""


class Preparation:
    """Each infer request of a stateful model has a state of its own, which only its own requests change. Owner: the
    load thread; any thread may read `longest`. `k` is the infer request's index in the order of creation, which all
    drivers share, so that a state is followed across drivers."""

    def __init__(self, inputs: Inputs, *, stateful: bool = False, policy: str = RESET) -> None:
        self._inputs = inputs
        self.stateful = stateful
        self.needed = inputs.cycled or stateful
        """False where a request is started as it is: then nothing of this is called."""
        past = inputs.past if stateful else None
        self._past = past
        self._follows = past is not None and past.follows
        self._tokens = [] if past is None else past.tokens
        """Tokens that a request adds to its state, by item; empty where that is not known."""
        self.longest = 0
        """The most tokens that a state has held since the policy is in force."""
        self._every: int | None = None
        self._since: list[int] = []
        """Requests since the reset, by infer request."""
        self._held: list[int] = []
        """Tokens in the state, by infer request."""
        self._filled: list[int] = []
        """After how many tokens the inputs that follow the state were filled in."""
        self._unknown: set[int] = set()
        """Infer requests whose last request failed: nothing tells what their state holds."""
        self.set_policy(policy)

    def set_policy(self, policy: str) -> None:
        """Puts another `--state` in force, from the next request on."""
        self._every = requests_between_resets(policy)
        self.longest = 0

    def before(self, k: int, request: ov.InferRequest) -> tuple[int, float]:
        """Prepares infer request `k`; returns how long its input took, ns, and its reset, us (0: not reset)."""
        inputs = self._inputs
        if not self.stateful:
            return inputs.fill_next(request), 0.0
        since = self._since
        while len(since) <= k:
            since.append(0)
            self._held.append(0)
            self._filled.append(0)
        reset_us = 0.0
        if (self._every is not None and (since[k] >= self._every or self._every == 1)) or k in self._unknown:
            began_ns = now_ns()
            request.reset_state()
            reset_us = min((now_ns() - began_ns) / 1e3, MAX_RESET_US)
            since[k] = self._held[k] = 0
            self._unknown.discard(k)
        since[k] += 1
        copy_ns = inputs.fill_next(request) if inputs.cycled else 0
        if self._past is not None:
            item = inputs.item if inputs.cycled else inputs.item_of(k)
            held = self._held[k]
            if self._follows and (inputs.cycled or held != self._filled[k]):
                began_ns = now_ns()
                self._past.follow(request, item, held)
                copy_ns += now_ns() - began_ns
                self._filled[k] = held
            self._held[k] = held = held + self._tokens[item]
            if held > self.longest:
                self.longest = held
        return copy_ns, reset_us

    def held(self, k: int) -> int | None:
        """The tokens that were given to `k` since its state was reset; None where that is not known."""
        return self._held[k] if self._past is not None and k < len(self._held) and k not in self._unknown else None

    def failed(self, k: int) -> None:
        """The request of `k` failed: its state is reset before the next, whatever the policy."""
        if self.stateful:
            self._unknown.add(k)
