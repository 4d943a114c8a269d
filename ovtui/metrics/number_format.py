"""Numbers as text, one function per quantity, so that a figure reads the same on every surface.

An unknown value is shown as '–', never as 0. The text of a figure depends on its value alone; `decimals` are for the
columns of single requests and for cells too narrow for all of a figure's decimals."""

from __future__ import annotations

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


def decimals_of(value_ms: float | None) -> int:
    """Decimals of a figure: 3 below 1 ms, 2 below 10 ms, 1 from there on (after rounding); 0 for None."""
    if value_ms is None:
        return 0
    return 3 if value_ms < 0.9995 else 2 if value_ms < 9.995 else 1


def decimals_for(typical_ms: float | None, before: int = 1) -> int:
    """Decimals that show a value of this size to about three digits.

    `before`: the decimals shown so far. They stay until the value is 20 % past the border, so that columns do not
    jump."""
    if typical_ms is None:
        return before
    wanted = _decimals(typical_ms)
    near = {_decimals(typical_ms * 0.8), _decimals(typical_ms * 1.25)}
    return before if before in near else wanted


def _decimals(value_ms: float) -> int:
    if value_ms < 1:
        return 3
    return 2 if value_ms < 10 else 1


def significant(value: float | None, digits: int) -> str:
    """A value of any size, for sentences: so many significant digits, all digits before the point, no exponent for
    large values."""
    if value is None:
        return UNKNOWN
    return f"{value:,.0f}" if abs(value) >= 10**digits - 0.5 else f"{value:,.{digits}g}"


def duration(value_ms: float | None) -> str:
    """A time that something took, with its unit: '850 ms', '12.34 s'."""
    if value_ms is None:
        return UNKNOWN
    return f"{value_ms:,.0f} ms" if value_ms < 999.5 else seconds(value_ms / 1e3)


def seconds(value_s: float | None, decimals: int = 2) -> str:
    """A time in seconds, with its unit; one decimal for a clock that runs on the screen."""
    return UNKNOWN if value_s is None else f"{value_s:,.{decimals}f} s"


def rate(per_s: float | None) -> str:
    """Requests per second in at most eight characters."""
    if per_s is None:
        return UNKNOWN
    return f"{per_s:,.1f}" if per_s < 9_999.95 else f"{per_s:,.0f}"


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
    """24 kB, 3.1 MB, 1.24 GB; in powers of ten, as disk sizes are given."""
    if value_bytes is None:
        return UNKNOWN
    if value_bytes >= 999.5e6:
        return f"{value_bytes / 1e9:,.2f} GB"
    if value_bytes < 999.5e3:
        return f"{value_bytes / 1e3:.0f} kB"
    return f"{value_bytes / 1e6:.1f} MB" if value_bytes < 99.95e6 else f"{value_bytes / 1e6:.0f} MB"


def elapsed(seconds_passed: float) -> str:
    """A moment of the session: 02:14, and 1:02:14 from an hour on."""
    whole = max(int(seconds_passed), 0)
    hours, rest = divmod(whole, 3600)
    minutes, seconds_left = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{seconds_left:02}" if hours else f"{minutes:02}:{seconds_left:02}"
