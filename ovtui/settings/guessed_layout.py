"""Which inputs benchmark_app takes for pictures where nothing tells their layout: its rule goes by sizes alone."""

from __future__ import annotations

from collections.abc import Sequence

MOST_CHANNELS = 4


def guessed_layout(sizes: Sequence[int]) -> str:
    """'NCHW', 'NHWC', 'CHW', 'HWC' or nothing: three or four dimensions, at most 4 channels on one side, more than that
    on the other. `sizes`: the largest of each dimension, -1 of an open one, which so counts as few channels."""
    if len(sizes) not in (3, 4):
        return ""
    first, last = len(sizes) - 3, len(sizes) - 1
    for channels, side, letters in ((first, last, "NCHW"), (last, first, "NHWC")):
        if sizes[channels] <= MOST_CHANNELS < sizes[side]:
            return letters if len(sizes) == 4 else letters[1:]
    return ""


def sizes_of(shape: str) -> list[int]:
    """Of a shape in OpenVINO's notation: [1, 3, 8, -1] of '[1,3,2..8,?]'. Empty of a scalar, and of any rank."""
    found = []
    for part in filter(None, (each.strip() for each in shape.strip("[]").split(","))):
        size = part.rpartition("..")[2]
        found.append(int(size) if size.isdigit() else -1)
    return [] if "..." in shape else found
