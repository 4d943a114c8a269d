"""The sections of `ovtui learn`: what best practice for AUTO and automatic batching is, one experiment after the other.

Each names a preset, which runs on this machine, and the recording that stands for it where that needs a GPU and there
is none: batches and their timer are the same on the CPU, a handover is not."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Lesson:
    name: str
    heading: str
    preset: str
    pages: tuple[str, ...]
    """Sentences for the caption; {overview}, {batches}, ... stand for keys."""
    model: str = "demo-cnn"
    recording: str = ""
    """Of ovtui's own, for a machine without a GPU; empty where the preset runs there, too."""


LESSONS = (
    Lesson(
        "handover",
        "AUTO starts on the CPU and hands over",
        "auto-latency",
        (
            "AUTO serves on the CPU while the GPU compiles: see DEVICE above.",
            "Then it hands over. {switch} fixes the plot around that moment.",
            "Latency differs before and after: {distribution} has both devices.",
        ),
        "demo-mlp",
        "auto-latency",
    ),
    Lesson(
        "throughput",
        "With the hint THROUGHPUT AUTO batches on a GPU by itself",
        "auto-throughput",
        (
            "The hint THROUGHPUT lets AUTO batch on a GPU by itself.",
            "Requests wait for each other: latency is higher, and jitters.",
        ),
        "demo-mlp",
        "auto-batching-simulated-gpu",
    ),
    Lesson(
        "alone",
        "Without batching every request is served alone",
        "batching-off",
        ("One request at a time. {batches} has a line for each, top to bottom.",),
    ),
    Lesson(
        "batches",
        "Automatic batching gathers requests",
        "batching-on",
        (
            "Batching gathers 16 requests, or waits for its timer (1000 ms).",
            "{batches} has lines that meet where a batch completes.",
            "Requests may come back in another order: see {requests}, seq and order.",
        ),
    ),
    Lesson(
        "low-rate",
        "At a low rate every request waits for the timer",
        "batch-timeout-1000",
        (
            "One request each 300 ms: no 16 of them come in 1000 ms.",
            "So each waits for the timer and runs alone: {batches} has the lines.",
        ),
    ),
    Lesson(
        "remedy",
        "A smaller timeout, or no batching",
        "batch-timeout-100",
        (
            "The same rate with a timeout of 100 ms, which bounds the wait.",
            "The other remedy is no batching: {settings} has both settings.",
        ),
    ),
)
BEST_PRACTICE = (
    "Batch where requests come fast and steadily, not where they come further apart than the timeout.",
    "The last requests of a burst wait for the timer, unexpectedly long.",
    "OpenVINO batches by itself only with the hint THROUGHPUT and --auto-batching yes; LATENCY leaves it off.",
    "Where the right size of a batch is known, PERFORMANCE_HINT_NUM_REQUESTS sets it: --nireq.",
)
