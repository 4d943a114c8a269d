"""The colour themes. Their colours are in the 256-colour palette, so that they look the same where SSH drops COLORTERM;
'terminal' uses only the terminal's own 16 colours.

What each variable means is in meanings.py. Primary, secondary and accent are Textual's: here they have no meaning, and
the colour of text."""

from __future__ import annotations

from textual.theme import Theme as Colours

from ovtui.settings.schema.display_settings import Theme

DARK = Colours(
    name="dark",
    primary="#dadada",
    secondary="#dadada",
    accent="#dadada",
    foreground="#dadada",
    background="#121212",
    surface="#1c1c1c",
    panel="#303030",
    boost="#3a3a3a",
    success="#5fd787",
    warning="#ffaf5f",
    error="#ff5f5f",
    variables={
        "cpu": "#5fafd7",
        "stand-in": "#5f87af",
        "accelerator": "#af87ff",
        "several": "#bcbcbc",
        "median": "#dadada",
        "worst": "#8a8a8a",
        "third": "#afaf87",
        "fourth": "#af8787",
        "beside": "#d787af",
        # Labels and units; 4.9:1 and more on the background.
        "dim": "#8a8a8a",
        "text-muted": "#8a8a8a",
        # Rules and inactive parts.
        "faint": "#626262",
        "key": "#87d7ff",
        "on-block": "#121212",
        "block-cursor-background": "#005f87",
        "scrollbar": "#444444",
        "scrollbar-background": "#121212",
        "scrollbar-corner-color": "#121212",
    },
)

LIGHT = Colours(
    name="light",
    dark=False,
    primary="#262626",
    secondary="#262626",
    accent="#262626",
    foreground="#262626",
    background="#ffffff",
    surface="#eeeeee",
    panel="#dadada",
    boost="#d0d0d0",
    success="#005f00",
    warning="#875f00",
    error="#af0000",
    variables={
        "cpu": "#005fd7",
        "stand-in": "#5f5faf",
        "accelerator": "#8700af",
        "several": "#626262",
        "median": "#262626",
        "worst": "#767676",
        "third": "#5f5f00",
        "fourth": "#875f5f",
        "beside": "#af005f",
        # 5.7:1 on the background.
        "dim": "#626262",
        "text-muted": "#626262",
        "faint": "#9e9e9e",
        "key": "#005f5f",
        "on-block": "#ffffff",
        "block-cursor-background": "#afd7ff",
        "scrollbar": "#bcbcbc",
        "scrollbar-background": "#eeeeee",
        "scrollbar-corner-color": "#eeeeee",
    },
)

HIGH_CONTRAST = Colours(
    name="high-contrast",
    primary="#ffffff",
    secondary="#ffffff",
    accent="#ffffff",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#262626",
    boost="#303030",
    success="#00ff00",
    warning="#ffd700",
    error="#ff8787",
    variables={
        "cpu": "#87afff",
        "stand-in": "#afafff",
        "accelerator": "#ff87ff",
        "several": "#d0d0d0",
        "median": "#ffffff",
        "worst": "#b2b2b2",
        "third": "#d7d7af",
        "fourth": "#d7afaf",
        "beside": "#ffafd7",
        # No contrast on the screen is below 9:1.
        "dim": "#d0d0d0",
        "text-muted": "#d0d0d0",
        "faint": "#b2b2b2",
        "key": "#00ffff",
        "on-block": "#000000",
        "block-cursor-background": "#0000d7",
        "scrollbar": "#ffffff",
        "scrollbar-background": "#262626",
        "scrollbar-corner-color": "#262626",
    },
)

TERMINAL = Colours(
    name="terminal",
    ansi=True,
    primary="ansi_default",
    secondary="ansi_default",
    accent="ansi_default",
    foreground="ansi_default",
    background="ansi_default",
    surface="ansi_default",
    panel="ansi_default",
    boost="ansi_default",
    success="ansi_green",
    warning="ansi_yellow",
    error="ansi_red",
    variables={
        "cpu": "ansi_blue",
        "stand-in": "ansi_bright_blue",
        "accelerator": "ansi_magenta",
        "several": "ansi_default",
        "median": "ansi_default",
        "worst": "ansi_bright_black",
        "third": "ansi_bright_blue",
        "fourth": "ansi_bright_magenta",
        "beside": "ansi_bright_cyan",
        "dim": "ansi_default",
        "text-muted": "ansi_default",
        "faint": "ansi_bright_black",
        "key": "ansi_cyan",
        "on-block": "ansi_black",
        "block-cursor-background": "ansi_cyan",
        "block-cursor-foreground": "ansi_black",
        "ansi-background": "ansi_default",
        "ansi-foreground": "ansi_default",
        "scrollbar": "ansi_bright_black",
        "scrollbar-background": "ansi_default",
        "scrollbar-corner-color": "ansi_default",
    },
)

COLOURS: dict[Theme, Colours] = {
    "dark": DARK, "light": LIGHT, "terminal": TERMINAL, "high-contrast": HIGH_CONTRAST,
}  # fmt: skip
