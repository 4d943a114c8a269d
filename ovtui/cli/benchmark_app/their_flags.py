"""What the engine says, with the flags of benchmark_app in the place of ovtui's: what it advises can then be typed."""

from __future__ import annotations

import re

_FLAGS = {
    "--shape": "-shape", "--data-shape": "-data_shape", "--batch-size": "-b", "--layout": "-layout", "--input": "-i",
    "--input-precision": "-ip", "--output-precision": "-op", "--mean-values": "--mean_values",
    "--scale-values": "--scale_values", "--infer-precision": "-infer_precision", "--extensions": "-extensions",
    "--load-from-file": "-lfile", "--cache-dir": "-cdir", "--nireq": "-nireq", "--nstreams": "-nstreams",
    "--nthreads": "-nthreads", "--device": "-d", "--hint": "-hint", "--api": "-api", "--requests": "-niter",
    "--duration": "-t",
}  # fmt: skip
_OURS = re.compile(r"(?<![\w-])--[a-z]+(?:-[a-z]+)*")


def in_their_flags(text: str) -> str:
    return _OURS.sub(lambda found: _FLAGS.get(found[0], found[0]), text)
