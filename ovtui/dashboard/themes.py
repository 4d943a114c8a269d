"""The colours. All are of the 256-colour palette, so that they look the same where SSH dropped COLORTERM."""

from __future__ import annotations

from textual.theme import Theme

DARK = Theme(
    name="ovtui-dark",
    primary="#5fafd7",
    secondary="#5f87af",
    accent="#87d7ff",
    foreground="#dadada",
    background="#121212",
    surface="#1c1c1c",
    panel="#303030",
    boost="#3a3a3a",
    success="#5fd787",
    warning="#ffaf5f",
    error="#ff5f5f",
    variables={
        # Labels and units; 4.9:1 and more on the background.
        "dim": "#8a8a8a",
        # Rules and what is of no use now.
        "faint": "#626262",
        "key": "#87d7ff",
        "scrollbar": "#444444",
        "scrollbar-background": "#121212",
        "scrollbar-corner-color": "#121212",
    },
)
