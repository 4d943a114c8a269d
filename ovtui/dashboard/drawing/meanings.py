"""What each colour stands for, the same in every view: the theme's variables (drawing/themes.py) by meaning.

A colour has one meaning, and what it says is also there as text. What is no state of anything has no colour: headings,
labels of events and values are bold, plain or dim. The help page shows this list, docs/terminals.md has it too."""

from __future__ import annotations

from ovtui.records.events import Severity

MEANINGS: tuple[tuple[str, str, str], ...] = (
    ("bold $key", "key", "A key that can be pressed here."),
    ("bold $error", "failed", "An error: failed, died, missed, lost."),
    ("bold $warning", "warning", "Not as it should be, or waiting for you: late, throttled, timer, staged."),
    ("bold $success", "fine", "As it should be: held, found to work, being recorded."),
    ("bold $cpu", "CPU", "The CPU: its requests, its load, its part of a start."),
    ("bold $stand-in", "(CPU)", "The CPU while it stands in for an accelerator."),
    ("bold $accelerator", "GPU NPU", "An accelerator."),
    ("bold $several", "one of", "Several devices: which of them is not known."),
    ("bold $median", "p50", "The median in plots, and the first of several lines."),
    ("bold $worst", "worst", "The worst latency in plots, and the second of several lines."),
    ("bold $beside", "beside", "The second model, which runs beside."),
    ("$dim", "label", "Names of figures and units."),
)
"""Style, a word in it, and what it means."""

SEVERITY_STYLES: dict[Severity, str] = {"info": "bold", "warning": "bold $warning", "error": "bold $error"}
"""Of the label of an event."""
