"""A group of requests (the run, a segment, a device) as figures, under the warm-up rule that is in force."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ovtui.metrics.batching.batch_wait import BatchShares
from ovtui.metrics.batching.timer_claims import Judgements
from ovtui.metrics.groups.tally import Tally
from ovtui.metrics.groups.throughputs import RATE_DECIMALS, Throughput
from ovtui.metrics.latency.histogram import Histogram, LatencyHistograms
from ovtui.metrics.latency.latency import Latency, LatencyKind
from ovtui.records.record import Records
from ovtui.settings.schema.settings import WarmUpRule

LoadOf = Callable[[], Throughput | None]
SHARE_DECIMALS = ITEM_DECIMALS = 4


def share_of(part: int, whole: int) -> float | None:
    """A share as every surface has it, 0 to 1; None of nothing."""
    return round(part / whole, SHARE_DECIMALS) if whole else None


def items_a_second(per_s: float | None, items_per_request: float | None) -> float | None:
    """Requests a second as items a second, rounded as rates are; None where either is not known."""
    return None if per_s is None or items_per_request is None else round(per_s * items_per_request, RATE_DECIMALS)


def _no_load() -> Throughput | None:
    return None


class GroupFigures:
    """The figures that every surface shows of a group. The Digest makes one with the rule in force, for immediate use
    on its thread: properties read the tally when they are called."""

    __slots__ = ("_judgements", "_load", "_rule", "_tally")

    def __init__(
        self, tally: Tally, rule: WarmUpRule, judgements: Judgements | None = None, load: LoadOf = _no_load
    ) -> None:
        """`judgements`: of the whole run, on the requests that ran alone. `load`: makes the group's Throughput, None
        where the group has no span of its own."""
        self._tally, self._rule, self._judgements, self._load = tally, rule, judgements or {}, load

    @classmethod
    def of_records(cls, records: Records, rule: WarmUpRule) -> GroupFigures:
        """Of [n] requests, of which only first inferences can be left out."""
        tally = Tally()
        tally.add(records)
        return cls(tally, rule)

    @classmethod
    def of_all(
        cls, tallies: Iterable[Tally], rule: WarmUpRule, judgements: Judgements, load: LoadOf = _no_load
    ) -> GroupFigures:
        """Of several groups together."""
        whole = Tally()
        for tally in tallies:
            whole.merge(tally)
        return cls(whole, rule, judgements, load)

    def under(self, rule: WarmUpRule) -> GroupFigures:
        """The same group under another warm-up rule."""
        return GroupFigures(self._tally, rule, self._judgements, self._load)

    @property
    def completed(self) -> int:
        """Requests that came back, first inferences and errors included."""
        return self._tally.completed

    @property
    def measured(self) -> int:
        """Requests that came back with neither an error nor the mark of an engine's first inference."""
        return self._tally.measured

    @property
    def errors(self) -> int:
        return self._tally.errors

    @property
    def late(self) -> int:
        return self._tally.late

    @property
    def kept_waiting(self) -> int:
        """Late requests that found no idle infer request."""
        return self._tally.kept_waiting

    @property
    def error_share(self) -> float | None:
        """Failed requests of those that came back, 0 to 1; None where none did."""
        return share_of(self.errors, self.completed)

    @property
    def span_s(self) -> float | None:
        """The span of the load, see metrics.groups.throughputs; None where nothing came back."""
        load = self._load()
        return None if load is None else load.span_s

    @property
    def throughput(self) -> float | None:
        """Successful completions a second over that span."""
        load = self._load()
        return None if load is None else load.per_s

    @property
    def items_per_request(self) -> float | None:
        """Items (pictures, sequences) that a request held on average; None where that is not known of all that
        succeeded."""
        succeeded = self.completed - self.errors
        return round(self._tally.items / succeeded, ITEM_DECIMALS) if 0 < succeeded == self._tally.itemised else None

    @property
    def items_per_s(self) -> float | None:
        """`throughput` in items."""
        return items_a_second(self.throughput, self.items_per_request)

    @property
    def latency(self) -> dict[LatencyKind, Latency]:
        return self._tally.latency(self._rule)

    @property
    def spread(self) -> LatencyHistograms:
        """The histograms that `latency` is made of, not to be written to."""
        return self._tally.spread(self._rule)

    @property
    def settled(self) -> LatencyHistograms:
        """`spread` without requests that may still turn out to be warm-up: its counts never fall."""
        return self._tally.counted_histograms if self._rule == "rule" else self.spread

    def histogram(self, kind: LatencyKind) -> Histogram:
        return self.spread[kind]

    @property
    def first_ms(self) -> float | None:
        """The longest first inference, ms, whatever the rule; None where none succeeded."""
        return self._tally.first_inference_ms

    @property
    def left_out(self) -> int:
        """Requests whose latencies the rule leaves out."""
        return self._tally.cut(self._rule)

    @property
    def batch_size(self) -> int | None:
        """Requests in a full batch, as seen; None where none was."""
        return self._tally.largest_batch

    @property
    def sizes(self) -> dict[int, int]:
        """Measured requests by the size of the batch they ran in, where that is known."""
        return self._tally.sizes

    @property
    def timed_out(self) -> int:
        """Measured requests that ran alone because the batch timer ran out, as recorded: for counters, which never
        fall. What is known by now is in `batches`."""
        return self._tally.timed_out

    @property
    def batches(self) -> BatchShares:
        return self._tally.batches(self._judgements)

    def lone_runs_ms(self) -> dict[int, float]:
        """Estimated ms that a lone request runs, by segment_device_key of its segment and device."""
        return self._tally.waiting.lone_run_times(self._judgements)

    def shortest_runs_ms(self) -> dict[int, float]:
        """The same with the waits for the timer that they may include: upper bounds where nothing else is known."""
        return self._tally.waiting.shortest_times()
