"""An engine whose inferences take what a script says: its profile is told as CPU and GPU tell theirs, as the mean since
the start, cut to whole microseconds."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ovtui.engine.layers.sync_request import ProfileEntry


class ScriptedEngine:
    def __init__(
        self,
        took_us: Callable[[int], Sequence[int]],
        names: Sequence[str] = ("conv", "relu"),
        overhead_us: int = 7,
        calls: list[str] | None = None,
        name: str = "P",
        *,
        means: bool = True,
        kernels: Sequence[str] = (),
    ) -> None:
        """`took_us`: of each layer in the n-th inference, from 0."""
        self._kernels = kernels or [f"jit_{each}" for each in names]
        self._took_us, self._names, self._overhead_us, self._means = took_us, names, overhead_us, means
        self._calls = [] if calls is None else calls
        self._name = name
        self._sums = [0] * len(names)
        self.inferences = 0

    def infer(self) -> int:
        times = self._took_us(self.inferences)
        self.inferences += 1
        self._sums = [total + us for total, us in zip(self._sums, times, strict=True)]
        self._calls.append(self._name)
        self._last = times
        return 1000 * (sum(times) + self._overhead_us)

    def profile(self) -> list[ProfileEntry]:
        self._calls.append("profile")
        told = [total // self.inferences for total in self._sums] if self._means else self._last
        return [
            ProfileEntry(name, name.partition("_")[0].title(), kernel, "EXECUTED", us, us)
            for name, kernel, us in zip(self._names, self._kernels, told, strict=True)
        ]
