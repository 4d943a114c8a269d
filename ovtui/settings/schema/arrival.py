"""The arrival of requests: the forms of `--arrival`, parsed, checked against the rate, and described."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from ovtui.settings.errors import SettingsError
from ovtui.settings.paths import expand_home
from ovtui.settings.schema.rate import LOWEST_RATE, describe_rate, format_rate
from ovtui.settings.shown_text import in_quotes
from ovtui.settings.value_text import decimal_number, whole_number


class LoadSettings(Protocol):
    """The part of Settings that determines when requests are due."""

    @property
    def rate(self) -> float: ...
    @property
    def arrival(self) -> str: ...


class RequestSettings(LoadSettings, Protocol):
    """The part of Settings that determines when requests are due and how they are made."""

    @property
    def nireq(self) -> int: ...
    @property
    def api(self) -> str: ...


_LEAST_PER_STEP = 1e-6
"""Requests: a step makes one even where it is too short for it, but for a rounding error."""
FORMS = "constant, poisson, burst:N, ramp:RATE:SECONDS, steps:RATE,RATE,...:SECONDS or trace:FILE"


@dataclass(frozen=True, slots=True)
class Constant:
    """A request every 1 / rate seconds; the closed loop where the rate is 0."""


@dataclass(frozen=True, slots=True)
class Poisson:
    """Independent arrivals with exponential intervals, 1 / rate seconds on average."""

    seed: int | None = None
    """Of the intervals; None: that of the inputs."""


@dataclass(frozen=True, slots=True)
class Burst:
    """`size` requests at once, spaced so that the rate holds on average."""

    size: int


@dataclass(frozen=True, slots=True)
class Ramp:
    """A linear change from the rate to `to_per_s` over `seconds`, constant afterwards."""

    to_per_s: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Steps:
    """Each rate for `seconds`, in a cycle."""

    rates_per_s: tuple[float, ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class Trace:
    """The times of a CSV file, or the due times of a recorded session. The load ends with the last one."""

    path: str


Arrival = Constant | Poisson | Burst | Ramp | Steps | Trace


def parse_arrival(text: str) -> Arrival:
    """The arrival that `text` describes. Raises SettingsError."""
    kind, _, rest = text.strip().partition(":")
    try:
        match kind.strip().lower():
            case "constant" if not rest:
                return Constant()
            case "poisson":
                return Poisson(_seed(rest) if rest.strip() else None)
            case "burst":
                return Burst(_positive_count(rest))
            case "ramp":
                to_rate, _, seconds = rest.partition(":")
                return Ramp(_positive_number(to_rate), _positive_number(seconds))
            case "steps":
                rates, _, seconds = rest.rpartition(":")
                return _steps(Steps(tuple(map(_positive_number, rates.split(","))), _positive_number(seconds)))
            case "trace" if rest.strip():
                return Trace(rest.strip())
    except ValueError:
        pass
    raise SettingsError(f"arrival: {in_quotes(text)} is not a form of arrival; write {FORMS}")


def canonical_arrival(text: str) -> str:
    """The text in lower case and without blanks around its parts, and the path of a trace with its '~' expanded. Raises
    SettingsError where it cannot be parsed."""
    parse_arrival(text)
    kind, colon, rest = text.strip().partition(":")
    kind, rest = kind.strip().lower(), rest.strip()
    return f"{kind}{colon}{expand_home(rest) if kind == 'trace' else rest}"


def is_closed_loop(load: LoadSettings) -> bool:
    """True when a new request is due as soon as another one returns."""
    return not load.rate and load.arrival == "constant"


def changes_with_time(load: LoadSettings) -> bool:
    """A load whose schedule differs from one moment to the next by itself: no two blocks of it are equal."""
    return not is_closed_loop(load) and isinstance(parse_arrival(load.arrival), Trace | Ramp | Steps)


def describe_load(load: LoadSettings) -> str:
    """The load for a heading: 'closed loop', '33.3/s (each 30 ms)', 'poisson 100/s'."""
    arrival = parse_arrival(load.arrival)
    match arrival:
        case Constant():
            return describe_rate(load.rate)
        case Poisson():
            return f"poisson {format_rate(load.rate)}"
        case Burst():
            return f"bursts of {arrival.size}, {format_rate(load.rate)}"
        case Ramp():
            return f"ramp {format_rate(load.rate)} to {format_rate(arrival.to_per_s)} in {arrival.seconds:g} s"
        case Steps():
            rates = ", ".join(f"{rate:g}" for rate in arrival.rates_per_s)
            return f"steps of {rates}/s, {arrival.seconds:g} s each"
        case Trace():
            return f"trace {arrival.path}"


def describe_in_flight(load: LoadSettings, nireq: int, api: str) -> str:
    """The requests in flight for a heading: '16 in flight', '1 in flight (sync)'. `api` is how they are made, sync or
    async. It is told of one in a closed loop; more than one, and those of an open loop, are always async."""
    return f"{nireq} in flight" + (f" ({api})" if nireq == 1 and is_closed_loop(load) else "")


def check_load(load: RequestSettings) -> None:
    """Raises SettingsError where the arrival needs a rate and none is set, and where the synchronous API cannot make
    the load."""
    arrival = parse_arrival(load.arrival)
    if 0 < load.rate < LOWEST_RATE:
        raise SettingsError(f"rate: {load.rate:g} per second is out of range: write 1e-6 to 1e6")
    if isinstance(arrival, Poisson | Burst | Ramp) and not load.rate:
        kind = load.arrival.partition(":")[0]
        raise SettingsError(f"arrival: {kind} needs a rate (--rate), and the load is the closed loop")
    if load.api == "sync" and load.nireq > 1:
        raise SettingsError(f"api: sync keeps one request in flight, and {load.nireq} are asked for (--nireq)")
    if load.api == "sync" and not is_closed_loop(load):
        raise SettingsError(f"api: sync makes the closed loop only, and the load is {describe_load(load)}")


def _steps(steps: Steps) -> Steps:
    """The same. Raises ValueError where no step is long enough for a request: they would go on without one."""
    if max(steps.rates_per_s) * steps.seconds < _LEAST_PER_STEP:
        raise ValueError
    return steps


def _positive_number(text: str) -> float:
    value = decimal_number(text.strip())
    if not LOWEST_RATE <= value <= 1e6:
        raise ValueError
    return value


def _seed(text: str) -> int:
    value = whole_number(text.strip())
    if value < 0:
        raise ValueError
    return value


def _positive_count(text: str) -> int:
    value = whole_number(text.strip())
    if not 0 < value <= 65536:
        raise ValueError
    return value
