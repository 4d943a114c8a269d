"""benchmark_app's rules about flags that stand together."""

from __future__ import annotations

import click

from ovtui.cli.benchmark_app.arguments import Arguments


def check_rules(arguments: Arguments) -> None:
    """Raises click.UsageError for what benchmark_app refuses."""
    tuned = [
        flag
        for flag, given in (
            ("-nstreams", arguments.number_streams),
            ("-nthreads", arguments.number_threads),
            ("-pin", arguments.infer_threads_pinning),
        )
        if given
    ]
    if tuned and arguments.perf_hint != "none":
        raise click.UsageError(
            f"{' and '.join(tuned)}: benchmark_app takes streams, threads and pinning with -hint none alone; add it"
        )
    if arguments.report_type == "average_counters" and "MULTI" in arguments.target_device:
        raise click.UsageError("-report_type average_counters: with MULTI there are detailed_counters alone")
    if arguments.is_blob:
        _refuse_for_compiled(arguments, "a compiled model (.blob)", ("-ip", "-op", "-iop"))
    elif arguments.load_from_file:
        _refuse_for_compiled(arguments, "-load_from_file", ())
    iterations = arguments.number_iterations
    if (
        arguments.api == "sync"
        and arguments.time_s is None
        and iterations
        and arguments.number_infer_requests > iterations
    ):
        raise click.UsageError(
            f"-nireq {arguments.number_infer_requests}: -api sync has to run each infer request, and -niter "
            f"{iterations} is less"
        )
    if arguments.use_device_mem and arguments.target_device != "CPU":
        raise click.UsageError("-use_device_mem: ovtui keeps inputs and outputs in the host's memory; leave it out")


def _refuse_for_compiled(arguments: Arguments, what: str, also: tuple[str, ...]) -> None:
    given = {
        "--mean_values": arguments.mean_values,
        "--scale_values": arguments.scale_values,
        "-ip": arguments.input_precision,
        "-op": arguments.output_precision,
        "-iop": arguments.input_output_precision,
    }
    wrong = [flag for flag, text in given.items() if text and (flag.startswith("--") or flag in also)]
    if wrong:
        raise click.UsageError(f"{' and '.join(wrong)}: {what} takes none; set it where the model is made")
