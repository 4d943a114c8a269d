"""ovtui: the terminal instrument for OpenVINO inference."""

__version__ = "0.1.0"
