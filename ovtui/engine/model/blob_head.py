"""Why a device does not take a blob, by the text near its beginning in which OpenVINO's CPU and GPU say what it was
made with (2026.4: 'meta=1.0;ov=2026.4.1;isa=...' and '...;desc=[driver=...'). Other devices write none: then OpenVINO's
own reason stands."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from ovtui.settings.device_names import kind_of

_HEAD_BYTES = 512
_META = re.compile(rb"meta=[0-9.]+;ov=([0-9][0-9A-Za-z.]*);([ -~]*)")
_KINDS = {"isa=": "CPU", "desc=[driver=": "GPU"}
AGAIN = "make it again: ovtui run MODEL --compile-only --export-blob FILE.blob"


@dataclass(frozen=True, slots=True)
class BlobHead:
    openvino: str
    """The release that made it: '2026.4.1'."""
    kind: str
    """'CPU' or 'GPU'; empty where it is neither."""


def blob_head(path: Path) -> BlobHead | None:
    """None where the file has no such text. Raises OSError."""
    with path.open("rb") as file:
        found = _META.search(file.read(_HEAD_BYTES))
    if found is None:
        return None
    rest = found[2].decode()
    return BlobHead(found[1].decode(), next((kind for mark, kind in _KINDS.items() if rest.startswith(mark)), ""))


def why_not_imported(path: Path, device: str, openvino: str, reason: str) -> str:
    """As a phrase. `reason`: OpenVINO's, in one line; `openvino`: the version here."""
    try:
        head = blob_head(path)
    except OSError:
        head = None
    if head is None:
        return reason
    release = openvino.partition("-")[0]
    if head.openvino != release:
        return f"OpenVINO {head.openvino} made it, and this is {release}, which takes its own alone; {AGAIN}"
    if head.kind and head.kind != kind_of(device):
        return f"it was made for {head.kind}; name that device, as in -d {head.kind}, or {AGAIN} with -d {device}"
    if "runtime configuration" in reason:
        return f"it was made on another machine, for a {head.kind} that can do other things; {AGAIN}"
    return f"it is cut short or damaged ({reason.rstrip('.')}); {AGAIN}"
