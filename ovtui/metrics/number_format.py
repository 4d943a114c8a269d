"""Numbers as text, one function per quantity, so that a figure reads the same on every surface.

An unknown value is shown as '–', never as 0. Thousands are separated by commas.

The decimals follow from the quantity and, for a latency, from its own value, never from the surface:

- a latency: 3 below 1 ms, 2 below 10 ms, 1 from there on, about three digits;
- a step of the start-up or of a handover (a compile, the first inference): 2, so that steps of 10 ms can be compared;
- the length of a run or of its warm-up, and a clock that runs on the screen: 1, more would only flicker;
- a moment of the session: one clock, `02:14`, on every surface that a person reads; of events with 1 decimal
  (`02:14.3`), of requests with 4 in tables and 6 in their detail (see `session_time`);
- a rate: 1, and none where eight characters would not hold it; an estimated rate: none from 10 on;
- a share: 1, in percent;
- a reading of the machine, an estimate in a sentence: three significant digits.

`milliseconds` takes other decimals for columns of single requests and for cells too narrow for all decimals of a
figure. The ticks of axes have the digits of their round values. A count inside a sentence can be written as `{n:,}`.

Files for programs (JSON, CSV, Perfetto, Prometheus) have numbers, rounded where the figure is made."""

from __future__ import annotations

import math

UNKNOWN = "–"


def count(value: int | None) -> str:
    return UNKNOWN if value is None else f"{value:,}"


def quantity(number: int, singular: str, plural: str = "") -> str:
    """'1 request', '1,200 requests'. `plural`: if it is not `singular` with an s."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"


def milliseconds(value_ms: float | None, decimals: int | None = None) -> str:
    """A latency without its unit. A figure of a group of requests (a percentile, a maximum, a wait) is shown without
    `decimals` on every surface: its text depends on its value alone. `decimals`: for the latencies of single requests,
    whose column takes those of a typical value, and for columns too narrow for all decimals of a figure."""
    if value_ms is None:
        return UNKNOWN
    return f"{value_ms:,.{decimals_of(value_ms) if decimals is None else decimals}f}"


def layer_milliseconds(value_us: float | None) -> str:
    """The time of a layer, from microseconds; '<0.001' where OpenVINO, which cuts to whole ones, tells none."""
    return "<0.001" if value_us == 0 else milliseconds(None if value_us is None else value_us / 1e3)


def decimals_of(value_ms: float | None) -> int:
    """Decimals of a figure: 3 below 1 ms, 2 below 10 ms, 1 from there on (after rounding); 0 for None."""
    if value_ms is None:
        return 0
    return 3 if value_ms < 0.9995 else 2 if value_ms < 9.995 else 1


def decimals_for(typical_ms: float | None, before: int = 1) -> int:
    """Decimals for a column of latencies of which this value is typical; the rule is that of `decimals_of`.

    `before`: the decimals shown so far. They stay until the value is 20 % past the border, so that columns do not
    jump."""
    if typical_ms is None:
        return before
    near = {decimals_of(typical_ms * 0.8), decimals_of(typical_ms * 1.25)}
    return before if before in near else decimals_of(typical_ms)


def offset_ms(difference_ns: int) -> str:
    """The time between two moments of a request, with its sign and unit: '+1.234 ms'. To the microsecond, as the
    moments of `session_time` beside it."""
    return f"{'-' if difference_ns < 0 else '+'}{milliseconds(abs(difference_ns) / 1e6, 3)} ms"


def significant(value: float | None, digits: int, *, grouped: bool = True) -> str:
    """So many significant digits, all digits before the point, no trailing zeros, no exponent for large values.

    For ticks of axes, for estimates in sentences, and for a value beside its limit (SLO): a digit more than the limit
    usually has keeps 9.998 ms from reading as the 10 ms that it is under. `grouped`: thousands are separated."""
    if value is None:
        return UNKNOWN
    text = f"{value:,.0f}" if abs(value) >= 10**digits - 0.5 else f"{value:,.{digits}g}"
    return text if grouped else text.replace(",", "")


def scientific(value: float, decimals: int) -> str:
    """'1e5' or '1.2e5', for values that are too large for their cells."""
    return f"{value:.{decimals}e}".replace("e+0", "e").replace("e+", "e")


def tiny(value: float) -> str:
    """A relative difference, to one digit: '2e-4'; '0' where there is none."""
    return f"{value:.0e}".replace("e-0", "e-").replace("e+0", "e") if value else "0"


def duration(value_ms: float | None) -> str:
    """A wait of milliseconds or of many seconds, with its unit: '850 ms', '12.34 s'."""
    if value_ms is None:
        return UNKNOWN
    return f"{value_ms:,.0f} ms" if value_ms < 999.5 else seconds(value_ms / 1e3)


def span(length_ns: int) -> str:
    """A round length of time, of a window or between two ticks: '250 µs', '20 ms', '1.5 s'; at most four digits."""
    for size_ns, unit in ((1_000_000_000, "s"), (1_000_000, "ms"), (1_000, "µs")):
        if length_ns >= size_ns:
            return f"{significant(length_ns / size_ns, 4)} {unit}"
    return f"{length_ns} ns"


def seconds(value_s: float | None) -> str:
    """How long a step took, with its unit: '3.21 s'."""
    return UNKNOWN if value_s is None else f"{seconds_without_unit(value_s)} s"


def seconds_without_unit(value_s: float | None) -> str:
    """As `seconds`, for columns whose heading has the unit; also the moment of an event in such a column."""
    return UNKNOWN if value_s is None else f"{value_s:,.2f}"


def run_length(value_s: float) -> str:
    """The length of a run or of a part of it, with its unit: '60.0 s'."""
    return f"{value_s:,.1f} s"


def running_for(since_ns: int, now_ns: int) -> str:
    """A clock that runs on the screen, with its unit: the time since something began."""
    return run_length(max(now_ns - since_ns, 0) / 1e9)


def session_time(t_ns: int, decimals: int = 4) -> str:
    """A moment of the session as `elapsed` with decimals: '02:14.3', '1:02:14.3451'. Cut, not rounded, as clocks are.

    Events have 1. Tables of requests have 4: 0.1 ms keeps the requests of 10,000/s apart. The detail of a request has
    6: its latencies are shown to the microsecond, and they are the differences of its moments. The axis of the lanes
    has those of its ticks."""
    seconds_passed, rest = divmod(max(t_ns, 0), 1_000_000_000)
    return f"{elapsed(seconds_passed)}.{rest:09}"[: -9 + decimals or None] if decimals else elapsed(seconds_passed)


def rate(per_s: float | None) -> str:
    """Requests per second: one decimal, none from 10,000 on; at most eight characters."""
    if per_s is None:
        return UNKNOWN
    return f"{per_s:,.1f}" if per_s < 9_999.95 else f"{per_s:,.0f}"


def items(per_request: float | None) -> str:
    """Items of a request on average: '4', '2.5'."""
    return UNKNOWN if per_request is None else f"{round(per_request, 2):,g}"


def estimated_rate(per_s: float) -> str:
    """A rate that is an estimate, as the growth of a queue: no decimals from 10 on."""
    return f"{per_s:,.0f}" if abs(per_s) >= 9.95 else f"{per_s:.1f}"


def percent(part: int, whole: int) -> str:
    """The share of `part` in `whole`; '–' of nothing."""
    return UNKNOWN if whole <= 0 else share(part / whole)


def share(value: float | None) -> str:
    """A share, 0 to 1, in percent: '<0.1 %' and '>99.9 %' where rounding would make it none or all."""
    if value is None:
        return UNKNOWN
    in_percent = 100 * value
    if 0 < in_percent < 0.05:
        return "<0.1 %"
    if 99.95 <= in_percent < 100:
        return ">99.9 %"
    return f"{in_percent:.1f} %"


def size(value_bytes: float | None) -> str:
    """24 kB, 3.1 MB, 1.24 GB, at most three digits below a TB; in powers of ten, as disk sizes are given."""
    if value_bytes is None:
        return UNKNOWN
    if value_bytes >= 999.5e6:
        return f"{value_bytes / 1e9:,.2f} GB"
    if value_bytes < 999.5e3:
        return f"{value_bytes / 1e3:.0f} kB"
    return f"{value_bytes / 1e6:.1f} MB" if value_bytes < 99.95e6 else f"{value_bytes / 1e6:.0f} MB"


def installed_memory(value_bytes: int) -> str:
    """The memory of a machine, in the powers of two in which it is sold: '32 GiB'."""
    return f"{value_bytes / (1 << 30):,.0f} GiB"


def reading(value: float | None) -> str:
    """A reading of the machine (%, MHz, °C, cores) without its unit. Some are whole numbers: no trailing zeros."""
    return significant(value, 3)


def elapsed(seconds_passed: float) -> str:
    """A moment of the session: 02:14, and 1:02:14 from an hour on."""
    whole = max(int(seconds_passed), 0)
    hours, rest = divmod(whole, 3600)
    minutes, seconds_left = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{seconds_left:02}" if hours else f"{minutes:02}:{seconds_left:02}"


def plain_change(ratio: float) -> str:
    """A ratio as a change: '+14 %'; from a double or a half on '2.4 times', '1/2.4'."""
    if ratio >= 2:
        return f"{significant(ratio, 3)} times"
    return f"1/{significant(1 / ratio, 3)}" if ratio <= 0.5 else f"{100 * (ratio - 1):+z.0f} %"


def change(ratio: float, low: float, high: float) -> str:
    """A ratio as a change, with its interval: '+14 % (11 to 18 %)', '-12 % (-15 to -9 %)'; from a double or a half on
    '2.4 times (2.2 to 2.6)', '1/2.4 (1/2.6 to 1/2.2)', '1/2.4 (1/7.2 to 1.3 times)'."""
    if ratio >= 2:
        from_ = significant(low, 3) if low >= 1 else f"1/{significant(1 / low, 3)}"
        return f"{significant(ratio, 3)} times ({from_} to {significant(high, 3)})"
    if ratio <= 0.5:
        to = f"1/{significant(1 / high, 3)}" if high < 1 else f"{significant(high, 3)} times"
        return f"1/{significant(1 / ratio, 3)} (1/{significant(1 / low, 3)} to {to})"
    decimals = 0 if (high - low) >= 0.02 else 1
    percent = [100 * (value - 1) for value in (ratio, low, high)]
    return f"{percent[0]:+z.{decimals}f} % ({percent[1]:z.{decimals}f} to {percent[2]:z.{decimals}f} %)"


def change_range(low: float, high: float) -> str:
    """The interval of a ratio as a change: '+120 to +160 %', '-52 to -49 %'; from the tenfold and a tenth on '12 to 14
    times', '1/14 to 1/12'."""
    if low >= 10:
        return f"{significant(low, 3)} to {significant(high, 3)} times"
    if high <= 0.1:
        return f"1/{significant(1 / low, 3)} to 1/{significant(1 / high, 3)}"
    decimals = 0 if (high - low) >= 0.02 else 1
    from_, to = (f"{100 * (value - 1):+z.{decimals}f}" for value in (low, high))
    return f"{from_} to {to} %"


def rough_seconds(value_s: float) -> str:
    """An estimate of how long something will take: '12 s', '4 min', 'hours'."""
    if value_s < 99.5:
        return f"{max(value_s, 1):.0f} s"
    return f"{value_s / 60:.0f} min" if value_s < 3600 else "hours"


def watts(value: float | None) -> str:
    """A power with its unit: '12.4 W'."""
    return UNKNOWN if value is None else f"{significant(value, 3)} W"


def joules(value: float | None) -> str:
    """An energy with its unit: '1.24 J', '31.2 mJ', '310 µJ'."""
    if value is None:
        return UNKNOWN
    for size, unit in ((1.0, "J"), (1e-3, "mJ")):
        if abs(value) >= 0.9995 * size:
            return f"{significant(value / size, 3)} {unit}"
    return f"{significant(value / 1e-6, 3)} µJ"


def deviation(value: float | None, digits: int = 3) -> str:
    """A relative or absolute difference of two computations: '2.87e-5', '0.012'; '0' where there is none."""
    if value is None:
        return UNKNOWN
    if value == 0:
        return "0"
    if 1e-3 <= abs(value) < 10**digits:
        return f"{value:.{digits}g}"
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    return f"{mantissa.rstrip('0').rstrip('.') if '.' in mantissa else mantissa}e{int(exponent)}"


def cosine(value: float | None) -> str:
    """Of two outputs, to six decimals, cut and not rounded: 1.000000 is no further from 1 than 1e-12."""
    if value is None:
        return UNKNOWN
    return f"{value:.6f}" if value > 1 - 1e-12 else f"{math.floor(value * 1e6) / 1e6:.6f}"
