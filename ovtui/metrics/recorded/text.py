"""Two recordings compared, in words: for the text of `ovtui compare`."""

from __future__ import annotations

from ovtui.metrics import number_format
from ovtui.metrics.recorded.schema import CompareFigure, CompareResult, CompareSide, Unit
from ovtui.settings.schema.fail_if import FailVerdict

NOT_INTERLEAVED = (
    "These runs were not interleaved. The intervals (95 %) hold what varied within each run, and not what had changed "
    "between the two: heat, other load, a clock. So there is no p-value, and no verdict; `ovtui ab` alternates both "
    "settings and gives one."
)
_TAILS: dict[FailVerdict, str] = {
    "true": "is true", "false": "is not true", "open": "is not certain", "unknown": "is not known",
}  # fmt: skip


def value_text(value: float | None, unit: Unit) -> str:
    """Of one side, as every surface has it; without the unit of ms and 1/s, which the row's name has."""
    match unit:
        case "1/s":
            return number_format.rate(value)
        case "ms":
            return number_format.milliseconds(value)
        case "share":
            return number_format.share(value)
        case "J":
            return number_format.joules(value)


def change_text(figure: CompareFigure) -> str:
    """'+14 % (11 to 18 %)'; without an interval the change alone, and '–' where that is not known either."""
    if figure.low is None:
        return number_format.UNKNOWN if figure.ratio is None else number_format.plain_change(figure.ratio)
    if figure.ratio is not None and figure.ratio > 0 and figure.low > 0 and figure.high is not None:
        if len({_form(ratio) for ratio in (figure.low, figure.ratio, figure.high)}) > 1:
            ends = f"{number_format.plain_change(figure.low)} to {number_format.plain_change(figure.high)}"
            return f"{number_format.plain_change(figure.ratio)} ({ends})"
        return number_format.change(figure.ratio, figure.low, figure.high)
    if figure.a.value == 0 and figure.b.value == 0:
        return "none in either"
    least = f"at least {number_format.plain_change(figure.low)}" if figure.low > 1 else ""
    most = f"at most {number_format.plain_change(figure.high)}" if figure.high is not None and figure.high < 1 else ""
    change = number_format.plain_change(figure.ratio) if figure.ratio else ""
    bound = least or most or "it cannot be told"
    return f"{change} ({bound})" if change else bound


def _form(ratio: float) -> int:
    """Which form `plain_change` gives it: '1/2.4', '+14 %' or '2.4 times'."""
    return (ratio >= 2) - (ratio <= 0.5)


def condition_text(condition: str, verdict: FailVerdict, what: str) -> str:
    """'p99>+5% is true: +14 % (11 to 18 %)'. `what`: the change, or why it is not known."""
    return f"{condition} {_TAILS[verdict]}: {what}"


def side_line(name: str, side: CompareSide, shown_path: str) -> str:
    """'A  base.ovtui: CPU, 100/s, 60.0 s, 6,012 requests'."""
    device = side.part or " and ".join(side.served_by) or side.device
    which = f"segment {side.segment} of {side.segments}, " if side.segments > 1 else ""
    load = f"{side.settings.rate:g}/s" if side.loop == "open" and side.settings.rate else f"{side.loop} loop"
    long = f"{number_format.run_length(side.duration_s)}, " if side.duration_s is not None else ""
    requests = number_format.quantity(side.requests, "request")
    return f"{name}  {shown_path}: {which}{device}, {load}, {long}{requests}"


_NAMES = {"1/s": "{}, 1/s", "ms": "{}, ms", "share": "{}", "J": "{} an inference"}


def table_lines(result: CompareResult) -> list[str]:
    """The figures, at most 80 cells wide."""
    rows = [(f"{result.latency} latency", "A", "B", "B against A")]
    for figure in result.figures:
        name = _NAMES[figure.unit].format(figure.name)
        a, b = (value_text(side.value, figure.unit) for side in (figure.a, figure.b))
        rows.append((name, a, b, change_text(figure)))
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    return [
        f"{name:<{widths[0]}}  {a:>{widths[1]}}  {b:>{widths[2]}}   {change}".rstrip() for name, a, b, change in rows
    ]


def why_lines(result: CompareResult) -> list[str]:
    """Why figures, or their intervals, are not known; those for the same reason together. `max` has never one."""
    by_why: dict[str, list[str]] = {}
    for figure in result.figures:
        if figure.why and figure.name != "max":
            by_why.setdefault(figure.why, []).append(figure.name)
    return [f"{', '.join(names)}: {why}" for why, names in by_why.items()]
