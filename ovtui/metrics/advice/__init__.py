"""An expert's reading of what is on screen: each piece of advice with its evidence and the settings that answer it."""

from ovtui.metrics.advice.rules import Advice, advise

__all__ = ["Advice", "advise"]
