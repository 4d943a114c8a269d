"""Parts of events that are equal to those of an earlier one: kept once."""

from __future__ import annotations

import msgspec

_SHARED = (str, list, dict, msgspec.Struct)


def share_parts(new: msgspec.Struct, before: msgspec.Struct | None) -> None:
    """Has `new` refer to the parts of `before`, of the same name and type, that are equal: nobody may change them in
    place. Each of a thousand changes brings all settings again, 1 KB of texts, and each engine the devices."""
    for name in new.__struct_fields__ if before is not None else ():
        ours, theirs = getattr(new, name), getattr(before, name, None)
        if ours is theirs or not isinstance(ours, _SHARED) or type(ours) is not type(theirs):
            continue
        if ours == theirs:
            msgspec.structs.force_setattr(new, name, theirs)
        elif isinstance(ours, msgspec.Struct) and isinstance(theirs, msgspec.Struct):
            share_parts(ours, theirs)
