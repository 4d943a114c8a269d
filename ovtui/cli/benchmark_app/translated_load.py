"""The flags of the load: API, requests in flight, limits, rate, warm-up, and how inputs are filled."""

from __future__ import annotations

import click

from ovtui.cli.benchmark_app.arguments import Arguments
from ovtui.cli.benchmark_app.draft import Draft
from ovtui.cli.benchmark_app.named_lists import lists_of
from ovtui.cli.benchmark_app.translated_device import NUM_REQUESTS, target_of

_KNOWN_DEVICES = ("CPU", "GPU", "NPU")
SHAPES = "[1,3,224,224] or input1[1,3,224,224],input2[1,4]"

OF_THE_LOAD = ("state", "end_rule", "duration_s", "requests", "warm_up", "fill_inputs", "rate", "api")
"""The settings that -niter 0, which only compiles, needs none of."""


def default_duration_s(device: str) -> int:
    """There, too, it is the letters that count: 120 for AUTO, 60 for AUTO:GPU,CPU."""
    return 60 if any(name in device for name in _KNOWN_DEVICES) else 120


def translate_load(arguments: Arguments, draft: Draft) -> None:
    """After translate_device, which has the hint. Raises click.UsageError."""
    draft.values |= {"state": "keep", "end_rule": "benchmark_app"}
    _limits(arguments, draft)
    _rate(arguments, draft)
    _in_flight(arguments, draft)
    draft.values["warm_up"] = "none" if arguments.no_warmup else "first"
    draft.meanings["no_warmup"] = (
        "--warm-up none: no inference before the load" if arguments.no_warmup else "one inference before the load"
    )
    _filling(arguments, draft)


def _limits(arguments: Arguments, draft: Draft) -> None:
    count, time_s = arguments.number_iterations, arguments.time_s
    draft.meanings["number_iterations"] = f"--requests {count}, rounded up: each infer request runs equally often"
    draft.meanings["time_s"] = f"--duration {time_s}"
    if arguments.compiles_only:
        draft.meanings["number_iterations"] = "--compile-only"
        draft.meanings["time_s"] = "nothing: -niter 0 only compiles"
        return
    draft.values["requests"] = count or 0
    draft.values["duration_s"] = float(time_s or (0 if count else default_duration_s(arguments.target_device)))
    if count and time_s:
        draft.meanings["time_s"] += " --end-rule benchmark_app: the load goes on until both limits are reached"


def _rate(arguments: Arguments, draft: Draft) -> None:
    frames_per_s = arguments.maximum_inference_rate
    if not frames_per_s:
        draft.meanings["maximum_inference_rate"] = "nothing: 0 is no limit"
        return
    batch = (arguments.batch_size or 0) if not arguments.data_shape else 0
    draft.values["rate"] = frames_per_s / (batch or 1)
    if not batch:
        draft.frames_per_s = frames_per_s
    draft.notes.append(
        "-max_irate is the rate of an open loop here, which shows how late requests were; benchmark_app sleeps between "
        "requests and hides that"
    )
    draft.meanings["maximum_inference_rate"] = f"--rate {draft.values['rate']:g}" + (
        f": {frames_per_s:g} frames per second in batches of {batch}"
        if batch
        else ", in requests: divided by the model's batch where that is more than 1"
    )


def _in_flight(arguments: Arguments, draft: Draft) -> None:
    """PERFORMANCE_HINT_NUM_REQUESTS is set there wherever -nireq is given, also beside -hint none and -api sync; here
    --nireq sets it beside a hint."""
    asked, hint, values = arguments.number_infer_requests, draft.values["hint"], draft.values
    draft.meanings["number_infer_requests"] = f"--nireq {asked}"
    if arguments.api == "sync":
        values["nireq"] = 1 if asked == 1 else 0
        if asked > 1:
            draft.meanings["number_infer_requests"] = (
                f"--set {NUM_REQUESTS}={asked}: one request in flight, as -api sync asks for"
            )
        if values.get("rate"):
            values["nireq"] = 1
            draft.notes.append("-api sync with -max_irate: one request in flight, started asynchronously")
        else:
            values["api"] = "sync"
    else:
        values["nireq"] = asked
        if asked < 2 and not values.get("rate"):
            values["api"] = "async"
    how = "sync: infer(), one request in flight" if arguments.api == "sync" else "async"
    draft.meanings["api_type"] = f"--api {how}"
    if asked:
        draft.config[target_of(arguments.target_device)][NUM_REQUESTS] = str(asked)
        draft.properties.pop(NUM_REQUESTS, None)
    set_here = values["nireq"] if hint != "none" else 0
    if asked and asked != set_here:
        draft.properties[NUM_REQUESTS] = str(asked)
    elif not asked and set_here:
        draft.properties.setdefault(NUM_REQUESTS, "0")


def _filling(arguments: Arguments, draft: Draft) -> None:
    several = any(
        len(shapes) > 1 for _, shapes in lists_of("-data_shape", arguments.data_shape, SHAPES) if arguments.data_shape
    )
    asked = arguments.inference_only
    if several and asked:
        raise click.UsageError(
            "-inference_only: data of several shapes has to be filled in before each inference; leave it out"
        )
    if several and arguments.api == "sync":
        raise click.UsageError(
            "-api sync: benchmark_app takes several data shapes with -api async alone; -nireq 1 with it is like sync"
        )
    draft.values["fill_inputs"] = "benchmark_app" if asked is None else "kept" if asked else "each"
    draft.meanings["inference_only"] = f"--fill-inputs {draft.values['fill_inputs']}"
