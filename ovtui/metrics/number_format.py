"""Numbers as text for fixed columns. What is not known is '–', never 0."""

from __future__ import annotations

UNKNOWN = "–"


def count(value: int | None) -> str:
    return UNKNOWN if value is None else f"{value:,}"


def milliseconds(value_ms: float | None, decimals: int) -> str:
    return UNKNOWN if value_ms is None else f"{value_ms:,.{decimals}f}"


def decimals_for(typical_ms: float | None, before: int = 1) -> int:
    """Decimals that show a value of this size to about three digits.

    `before` is what was shown so far: it stays until the value is 20 % past the border, so that columns do not jump."""
    if typical_ms is None:
        return before
    wanted = _decimals(typical_ms)
    near = {_decimals(typical_ms * 0.8), _decimals(typical_ms * 1.25)}
    return before if before in near else wanted


def _decimals(value_ms: float) -> int:
    if value_ms < 1:
        return 3
    return 2 if value_ms < 10 else 1


def rate(per_s: float | None) -> str:
    """Requests a second in at most eight characters."""
    if per_s is None:
        return UNKNOWN
    return f"{per_s:,.1f}" if per_s < 10_000 else f"{per_s:,.0f}"


def percent(part: int, whole: int) -> str:
    """A share; '<0.1 %' and '>99.9 %' where rounding would call it none or all."""
    if whole <= 0:
        return UNKNOWN
    share = 100 * part / whole
    if 0 < share < 0.05:
        return "<0.1 %"
    if 99.95 <= share < 100:
        return ">99.9 %"
    return f"{share:.1f} %"


def size(value_bytes: float | None) -> str:
    """24 kB, 3.1 MB, 1.24 GB; powers of ten, as disks are sold."""
    if value_bytes is None:
        return UNKNOWN
    if value_bytes >= 999.5e6:
        return f"{value_bytes / 1e9:,.2f} GB"
    if value_bytes < 999.5e3:
        return f"{value_bytes / 1e3:.0f} kB"
    return f"{value_bytes / 1e6:.1f} MB" if value_bytes < 99.95e6 else f"{value_bytes / 1e6:.0f} MB"


def elapsed(seconds: float) -> str:
    """02:14, and 1:02:14 from an hour on."""
    whole = max(int(seconds), 0)
    hours, rest = divmod(whole, 3600)
    minutes, seconds_left = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{seconds_left:02}" if hours else f"{minutes:02}:{seconds_left:02}"
