"""The settings of the screen, which no measurement depends on. As with Settings, flags, OVTUI_ variables and the keys
of the config file's [view] are generated from this class."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from ovtui.settings.schema.field_spec import Effect, FieldSpec

Theme = Literal["dark", "light", "terminal", "high-contrast"]
GlyphSet = Literal["braille", "block", "ascii", "console"]
Glyphs = Literal["auto", "braille", "block", "ascii", "console"]


class DisplaySettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    theme: Annotated[
        Theme,
        FieldSpec(
            flags=("--theme",),
            help="Colours: of the dashboard's own, or the terminal's 16.",
            effect=Effect.LIVE,
            group="View",
        ),
    ] = "dark"
    glyphs: Annotated[
        Glyphs,
        FieldSpec(
            flags=("--glyphs",),
            help="What plots are drawn with: braille is finest; block, ascii and console (Linux) are for fonts that "
            "lack it. auto: by the locale and TERM.",
            effect=Effect.LIVE,
            group="View",
        ),
    ] = "auto"
    low_bandwidth: Annotated[
        bool,
        FieldSpec(
            flags=("--low-bandwidth/--no-low-bandwidth",),
            help="For slow lines: fewer frames and a smaller plot.",
            effect=Effect.LIVE,
            group="View",
            label="low bandwidth",
        ),
    ] = False
    refresh_hz: Annotated[
        float,
        FieldSpec(
            flags=("--refresh",),
            metavar="HZ",
            help="Frames a second; while the cores are saturated at most one.",
            effect=Effect.LIVE,
            group="View",
            label="refresh",
            unit="Hz",
            minimum=0.2,
            maximum=20,
        ),
    ] = 4.0
    mouse: Annotated[
        bool,
        FieldSpec(
            flags=("--mouse/--no-mouse",),
            help="Take the mouse; without it the terminal's own selecting works.",
            effect=Effect.START,
            group="View",
        ),
    ] = True

    def __post_init__(self) -> None:
        from ovtui.settings.schema.fields import check_values

        check_values(self)
