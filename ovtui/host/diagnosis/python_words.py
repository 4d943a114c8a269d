"""What the engine's own code is doing, by the names of its functions on the Python stack."""

from __future__ import annotations

import re
from collections.abc import Sequence

WORDS: tuple[tuple[str, str, str], ...] = (
    ("ovtui/engine/load/sync_loop.py", "", "infer()"),
    ("ovtui/engine/load/request_pool.py", "", "waiting for requests"),
    ("ovtui/engine/load/closed_loop.py", "", "waiting for requests"),
    ("ovtui/engine/load/polled_pool.py", "", "waiting for requests"),
    ("ovtui/engine/model/compile.py", "import_blob", "importing the compiled model"),
    ("ovtui/engine/model/compile.py", "", "compiling"),
    ("ovtui/engine/batch_questions.py", "", "asking how the device batches"),
    ("ovtui/engine/batch_size_question.py", "", "asking how the device batches"),
    ("ovtui/engine/property_report.py", "", "reading properties"),
    ("ovtui/engine/model/read_model.py", "", "reading the model"),
    ("ovtui/engine/model/shape_search.py", "", "trying shapes"),
    ("ovtui/engine/model/inputs.py", "", "reading the inputs"),
    ("ovtui/engine/devices.py", "", "asking for the machine's devices"),
    ("ovtui/engine/host_channel.py", "next_command", "waiting for a command"),
)
"""A file, a function of it or '' for any, and what is done there. The innermost frame that is named counts."""
_FRAME = re.compile(r"^(.*) \((.*):(?:\d+|\?\?\?)\)$")


def what_of(frames: Sequence[str]) -> str:
    """'infer()' of the frames of a PythonThread; '' where none of them is named here."""
    for text in frames:
        frame = _FRAME.match(text)
        if frame is None:
            continue
        function, file = frame[1], frame[2]
        for name, only, words in WORDS:
            if file == name and only in ("", function):
                return words
        if "importlib" in file:
            return "importing its libraries"
    return ""
