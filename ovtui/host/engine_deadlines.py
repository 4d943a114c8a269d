"""How long the host waits for an engine that was told to halt, or that should have ended its load by itself. All
deadlines are on the monotonic clock, in seconds."""

from __future__ import annotations

from collections.abc import Sequence

from ovtui.host.engines.engine_process import EngineProcess

HALT_S = 15.0
"""How long an engine may take to drain (two batch timeouts more) and to end a load after its duration: an inference of
a second is long, a device that hangs never returns."""
ROUND_S = 60.0
"""The same where every infer request, or data shape, has to have as many turns: a slow model may take long for them."""
COMPILE_S = 900.0
"""How long a turn of a study waits for its engine: large models compile for minutes on a GPU, one that hangs never
ends."""
DIAGNOSED_WITHIN_S = 1.5
"""An engine that is overdue is looked at before it is killed, for so long at most."""


def halt_deadline_s(engine: EngineProcess, now_s: float) -> float:
    """The deadline by which an engine that is told to halt now has to have drained."""
    return now_s + HALT_S + _batches_s(engine)


def hasten(engines: Sequence[EngineProcess], within_s: float, now_s: float) -> None:
    """Has engines be killed that have not drained within that time, and two batch timeouts more."""
    for engine in engines:
        at_s = now_s + within_s + _batches_s(engine)
        engine.kill_at_s = at_s if engine.kill_at_s is None else min(engine.kill_at_s, at_s)


def _batches_s(engine: EngineProcess) -> float:
    """Two batch timeouts: what is in flight may wait for a batch."""
    return 2 * engine.settings.batch_timeout_in_force_ms / 1e3


def load_end_deadline_s(serving: EngineProcess | None, until_ns: int | None, origin_ns: int) -> float | None:
    """The deadline by which a load with a duration has to have ended by itself; None without a duration, once its
    engine has been told to halt, while it pauses, and where it goes on to a number of requests. `until_ns` is on
    the session clock, which began at `origin_ns`."""
    if until_ns is None or serving is None or serving.kill_at_s is not None or serving.drained or serving.load_over:
        return None
    whole_rounds = serving.settings.end_rule != "first"
    if whole_rounds and serving.settings.requests:
        return None
    return (origin_ns + until_ns) / 1e9 + (ROUND_S if whole_rounds else HALT_S)


def earliest_deadline_s(engines: Sequence[EngineProcess], *others_s: float | None) -> float | None:
    """The earliest of the engines' deadlines and `others_s`; None where there is none."""
    times = [*(engine.kill_at_s for engine in engines), *others_s]
    return min((time_s for time_s in times if time_s is not None), default=None)


def overdue_engines(engines: Sequence[EngineProcess], now_s: float) -> list[EngineProcess]:
    """The engines whose deadline has been reached."""
    return [engine for engine in engines if engine.kill_at_s is not None and now_s >= engine.kill_at_s]
