"""The events of the machine beside the model: what lowers its clocks, who else takes its cores, what its power is read
from. The host's sampler emits them; rates and thresholds are said where they are found (host/machine)."""

from __future__ import annotations

from typing import Literal

import msgspec

MAKE_READABLE = "sudo chmod a+r "
"""Before the path of a counter: the line that makes it readable until the machine is started again."""
ThrottleSource = Literal["cpu", "gpu", "quota"]
"""What is slowed down, and by whom: the CPU's or the GPU's clock by the hardware, the cores by the cgroup's quota."""


class _Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind"):
    t_ns: int


class ThrottleBegan(_Event, frozen=True, tag="throttle"):
    source: ThrottleSource
    reasons: list[str] = []
    """As the driver names them: 'PL1', 'thermal'; empty where it only counts."""
    percent: float | None = None
    """Of the quota: the share of its periods in which the cgroup was throttled; of the CPU: of the time. None where
    nothing tells."""


class ThrottleEnded(_Event, frozen=True, tag="throttle-ended"):
    source: ThrottleSource
    since_ns: int
    """When it began: the `t_ns` of its ThrottleBegan."""
    reasons: list[str] = []
    """All that were named in the span."""
    percent: float | None = None
    """As in ThrottleBegan, the mean over the span."""


class OtherLoadBegan(_Event, frozen=True, tag="other-load"):
    """A process that is none of the session's takes a share of the machine's cores."""

    name: str
    """Of the process, as the kernel has it; empty where there are several or none that can be seen."""
    pid: int
    """0 where `name` is empty."""
    percent: float
    """Of all cores of the machine."""
    unseen: bool = False
    """True where most of the load is of processes that cannot be seen from here: of other containers."""


class OtherLoadEnded(_Event, frozen=True, tag="other-load-ended"):
    name: str
    pid: int
    since_ns: int
    percent: float
    """The mean over the span."""
    unseen: bool = False


class PowerSource(msgspec.Struct, frozen=True, kw_only=True):
    """A counter of energy or power of this machine."""

    name: str
    """The reading that is made of it: 'cpu_watts'."""
    path: str
    readable: bool
    reason: str = ""
    """Why it cannot be read, as a sentence."""
    command: str = ""
    """The exact line that makes it readable; empty where there is none."""
    lasting: str = ""
    """The line that makes it readable after each start of the machine, too; empty where there is none."""


class PowerSources(_Event, frozen=True, tag="power-sources"):
    """What the machine's power can be read from; emitted with the first reading, and again where it changes."""

    sources: list[PowerSource] = []


class LoadPaused(_Event, frozen=True, tag="load-paused"):
    """The load pauses so that the idle machine can be measured: nothing comes due, and what was in flight has come
    back. The time until the next segment begins belongs to none. IdleMeasured follows."""

    engine: int
    until_ns: int
    """When it is to go on."""


class IdleMeasured(_Event, frozen=True, tag="idle"):
    """The machine's power without load, from `since_ns` to `t_ns`."""

    since_ns: int
    watts: dict[str, float]
    """By the name of the reading: {'cpu_watts': 3.1}. Empty where nothing could be read."""
    reason: str
    """When it was: 'asked' (the load paused for it), 'load ended', 'paused' (an engine was there and had no load)."""
    loaded: bool = True
    """Whether an engine held its compiled model in that time."""
    text: str = ""
    """Why there are no watts, as a sentence; empty otherwise."""
