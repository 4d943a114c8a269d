"""-niter 0: the model is read and compiled, and no inference runs."""

from __future__ import annotations

from ovtui.cli.benchmark_app.lines import info, step
from ovtui.cli.benchmark_app.outputs import Written, check_unused
from ovtui.cli.benchmark_app.report import Report
from ovtui.cli.benchmark_app.steps import asked_lines, load_lines, runtime_lines
from ovtui.cli.benchmark_app.their_flags import in_their_flags
from ovtui.cli.benchmark_app.timed_run import print_lines, write_config_file, write_report
from ovtui.cli.benchmark_app.translation import Translation
from ovtui.cli.exits import Exit, notify

SKIPPED_STEPS = (8, 9, 10)


def compile_only(translation: Translation) -> int:
    """Returns the exit code."""
    from ovtui.host.compile_timer import NotCompiled, time_compile

    arguments, settings = translation.arguments, translation.settings
    check_unused(arguments)
    report, written = Report(list(arguments.given)), Written()
    print_lines(asked_lines())
    try:
        found = time_compile(settings, infers=False)
    except NotCompiled as error:
        why = in_their_flags(str(error))
        notify(why)
        write_report(translation, report, written, error=why)
        for failure in written.failures:
            notify(failure)
        return Exit.USAGE if error.misused else Exit.UNUSABLE
    imported = settings.model.endswith(".blob")
    # What came out of the cache was compiled, too, as benchmark_app tells it: by one call.
    took_ms = found.import_ms if found.compile_ms is None else found.compile_ms
    compile_ms, import_ms = (None, took_ms) if imported else (took_ms, None)
    report.took("read model time", found.read_ms)
    report.took("reshape model time", found.reshape_ms)
    report.took("compile model time", compile_ms)
    report.took("import model time", import_ms)
    lines = load_lines(
        found.read_ms is None,
        read_ms=found.read_ms,
        reshape_ms=found.reshape_ms,
        compile_ms=compile_ms,
        import_ms=import_ms,
        peaks_bytes=found.address_peaks_bytes,
    )
    print_lines([*runtime_lines(found.openvino), *lines])
    print_lines([info("Model compiled successfully. Skipping inference due to -niter 0.")])
    print_lines([*(step(number, "skipped") for number in SKIPPED_STEPS), step(11)])
    if arguments.dump_config:
        write_config_file(translation, written)
    write_report(translation, report, written)
    megabytes = [f"{size / 1e6:,.1f} MB" for size in (found.memory_before_bytes, found.memory_after_bytes)]
    notify(f"resident memory before the compile {megabytes[0]}, after it {megabytes[1]}")
    for note in found.notes:
        notify(in_their_flags(note))
    for failure in written.failures:
        notify(failure)
    return Exit.FAILED if written.failures else Exit.FINE
