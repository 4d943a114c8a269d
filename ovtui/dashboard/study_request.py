"""The lines that a person writes to begin a study, and the study that they ask for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import msgspec

from ovtui.metrics.rank.devices import devices_to_rank
from ovtui.metrics.rate_search.rate_limits import rate_arrival, rate_limits
from ovtui.metrics.sweep.goals import find_goal
from ovtui.records.layers import LEAST_INFERENCES
from ovtui.records.study_events import BesideSpec, FindRateSpec, LayersSpec, RankSpec, StudySpec, SweepSpec
from ovtui.settings.changes import with_changes
from ovtui.settings.changes_text import apply_changes
from ovtui.settings.device_names import required_device
from ovtui.settings.errors import SettingsError
from ovtui.settings.model_names import check_model
from ovtui.settings.paths import expand_home
from ovtui.settings.schema.arrival import canonical_arrival
from ovtui.settings.schema.settings import Settings, fields
from ovtui.settings.schema.slo import parse_slo
from ovtui.settings.shown_text import in_quotes
from ovtui.settings.vary_text import parse_varies, points_in

StudyKind = Literal["find-rate", "sweep", "beside", "layers", "rank"]
EXAMPLES: dict[StudyKind, str] = {
    "find-rate": "p99<20ms within=5% limit=5min arrival=poisson",
    "sweep": "nstreams=1,2,4 nireq=1..16 goal=throughput slo=p99<20ms",
    "beside": "MODEL,rate=30,device=CPU",
    "layers": "CPU GPU inferences=100 limit=5min",
    "rank": "CPU GPU AUTO hint=latency,throughput point=5s agreement=no",
}
_RATE_WORDS = ("within", "limit", "arrival")
_SWEEP_WORDS = ("goal", "slo", "point", "points", "limit", "preset")
_LAYERS_WORDS = ("inferences", "limit")
_MOST_DEVICES = 2
_MOST_INFERENCES = 1_000_000
_RANK_WORDS = ("hint", "point", "limit", "agreement")
_RANK_HINTS = "latency,throughput"
_MOST_POINTS, _POINT_S, _LEAST_POINT_S = 64, 5.0, 0.5


def first_text(kind: StudyKind, settings: Settings | None, devices: Sequence[str] = ()) -> str:
    """What stands in the line when it opens: the limits in force are those that a search is about, and a rank is of all
    `devices` of the machine."""
    if kind == "rank":
        return " ".join(devices_to_rank(devices))
    slo = settings.slo if settings is not None else ""
    if kind == "find-rate":
        return "".join(slo.split())
    return f" slo={''.join(slo.split())}" if kind == "sweep" and slo else ""


def spec_of(kind: StudyKind, text: str, in_force: Settings, folder: str = "") -> StudySpec:
    """`folder`: of a sweep, see SweepSpec. Raises SettingsError with one sentence."""
    if kind == "find-rate":
        return _find_rate(text)
    if kind == "layers":
        return _layers(text, in_force)
    if kind == "rank":
        return _rank(text)
    return _sweep(text, folder) if kind == "sweep" else _beside(text, in_force)


def asked_text(spec: StudySpec) -> str:
    """What has been asked for, for the answer to the key."""
    match spec:
        case FindRateSpec():
            return f"the highest rate at which {spec.slo} holds"
        case SweepSpec():
            return f"a sweep of {points_in(spec.vary):,} points"
        case BesideSpec():
            return f"{spec.settings.model} beside this one"
        case LayersSpec():
            return f"the layers on {' and '.join(spec.devices)}"
        case RankSpec():
            return f"{', '.join(spec.devices)} in one table"


def _find_rate(text: str) -> FindRateSpec:
    words = text.split()
    options = _options([word for word in words if word.partition("=")[0] in _RATE_WORDS])
    slo = "".join(word for word in words if word.partition("=")[0] not in _RATE_WORDS).removeprefix("slo=")
    if not slo:
        raise SettingsError("which limits are to hold? write them as in p99<20ms")
    rate_limits(slo)
    spec = FindRateSpec(slo=slo)
    if "within" in options:
        within = _number(options["within"].removesuffix("%"), "within") / 100
        if not 0.005 <= within <= 1:
            raise SettingsError(f"within: {in_quotes(options['within'])} is out of range: write 0.5% to 100%")
        spec = msgspec.structs.replace(spec, within=within)
    if "arrival" in options:
        spec = msgspec.structs.replace(spec, arrival=rate_arrival(canonical_arrival(options["arrival"])))
    return msgspec.structs.replace(spec, limit_s=_seconds(options.get("limit", "0"), "limit"))


def _sweep(text: str, folder: str) -> SweepSpec:
    words = text.split()
    if bad := next((word for word in words if "=" not in word), ""):
        raise SettingsError(f"{in_quotes(bad)}: write a setting and its values, as in nireq=1,2,4 or nireq=1..16")
    options = _options([word for word in words if word.partition("=")[0] in _SWEEP_WORDS])
    vary = parse_varies(word for word in words if word.partition("=")[0] not in _SWEEP_WORDS)
    slo = options.get("slo", "")
    parse_slo(slo)
    most = _number(options.get("points", str(_MOST_POINTS)), "points")
    if most < 1:
        raise SettingsError("points: a sweep has at least one point")
    point_s = _seconds(options.get("point", str(_POINT_S)), "point")
    if point_s <= 0:
        raise SettingsError("point: a point is measured for longer than 0 s; write point=5s")
    return SweepSpec(
        vary=vary,
        goal=find_goal(options.get("goal", "throughput")).name,
        slo=slo,
        point_s=point_s,
        most_points=int(most),
        folder=folder,
        preset=options.get("preset", ""),
        limit_s=_seconds(options.get("limit", "0"), "limit"),
    )


def _beside(text: str, in_force: Settings) -> BesideSpec:
    model, _, changes = text.strip().partition(",")
    if not model or "=" in model:
        raise SettingsError("which model is to run beside this one? write MODEL, then its settings: MODEL,rate=30")
    model = expand_home(model)
    check_model(model)
    # The host may run in another folder than this view.
    path = str(Path(model).resolve()) if Path(model).exists() else model
    settings = apply_changes(Settings(model=path, device=in_force.device), changes)
    if settings.duration_s or settings.requests:
        raise SettingsError("the second model runs until it is stopped: leave its limit out")
    return BesideSpec(settings=with_changes(settings, {"model": path}))


def _layers(text: str, in_force: Settings) -> LayersSpec:
    words = text.split()
    options = _options([word for word in words if word.partition("=")[0] in _LAYERS_WORDS])
    devices = [word for word in words if word.partition("=")[0] not in _LAYERS_WORDS]
    if not devices:
        raise SettingsError("on which device? write one, or two to see them side by side: CPU GPU")
    if bad := next((word for word in devices if "=" in word), ""):
        raise SettingsError(f"{in_quotes(bad)}: write devices, then inferences=100 or limit=5min where you want others")
    if len(devices) > _MOST_DEVICES:
        raise SettingsError(f"{len(devices)} devices: the layers of two stand side by side at most")
    if len(set(devices)) < len(devices):
        raise SettingsError(f"{devices[0]} is there twice")
    for device in devices:
        with_changes(in_force, {"device": device})
    inferences = int(_number(options.get("inferences", str(LEAST_INFERENCES)), "inferences"))
    if not LEAST_INFERENCES <= inferences <= _MOST_INFERENCES:
        raise SettingsError(f"inferences: write {LEAST_INFERENCES} to {_MOST_INFERENCES:,}; fewer tell little of a p95")
    limit_s = _seconds(options.get("limit", "0"), "limit")
    return LayersSpec(settings=in_force, devices=devices, inferences=inferences, limit_s=limit_s)


def _rank(text: str) -> RankSpec:
    words = text.split()
    options = _options([word for word in words if word.partition("=")[0] in _RANK_WORDS])
    named = [word for word in words if word.partition("=")[0] not in _RANK_WORDS]
    if not named:
        raise SettingsError("which devices? write them one after another: CPU GPU AUTO")
    if bad := next((word for word in named if "=" in word), ""):
        raise SettingsError(f"{in_quotes(bad)}: write devices, then hint=, point=, limit= or agreement=no")
    hints = [str(fields()["hint"].read(hint)) for hint in options.get("hint", _RANK_HINTS).split(",")]
    point_s = _seconds(options.get("point", str(_POINT_S)), "point")
    if point_s < _LEAST_POINT_S:
        raise SettingsError(f"point: a row is measured for {_LEAST_POINT_S:g} s or longer; write point=5s")
    agreement = options.get("agreement", "yes")
    if agreement not in ("yes", "no"):
        raise SettingsError(f"agreement: {in_quotes(agreement)} is not yes or no")
    return RankSpec(
        devices=list(dict.fromkeys(required_device(word) for word in named)),
        hints=list(dict.fromkeys(hints)),
        point_s=point_s,
        agreement=agreement == "yes",
        limit_s=_seconds(options.get("limit", "0"), "limit"),
    )


def _options(words: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for word in words:
        key, _, value = word.partition("=")
        if key in found:
            raise SettingsError(f"{key} is there twice")
        if not value:
            raise SettingsError(f"{key}= has no value")
        found[key] = value
    return found


def _number(text: str, name: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise SettingsError(f"{name}: {in_quotes(text)} is no number") from None
    if not 0 <= value < 1e9:
        raise SettingsError(f"{name}: {in_quotes(text)} is out of range")
    return value


def _seconds(text: str, name: str) -> float:
    """'300', '300s', '5min'."""
    for unit, factor in (("min", 60.0), ("s", 1.0)):
        if text.endswith(unit):
            return _number(text.removesuffix(unit), name) * factor
    return _number(text, name)
