"""What is drawn from the batteries: the power of the whole machine while it runs on them."""

from __future__ import annotations

from dataclasses import dataclass

from ovtui.host.machine.sensor_files import Files, Found, SensorFile, SensorTree, read_text


@dataclass(slots=True)
class _Battery:
    status: SensorFile
    power_uw: SensorFile | None
    current_ua: SensorFile | None
    """Where there is no power, this and the next."""
    voltage_uv: SensorFile | None


class Batteries:
    """Owner: the sampler's thread."""

    def __init__(self, tree: SensorTree) -> None:
        self._found = Found(tree, _look)

    @property
    def paths(self) -> list[str]:
        """Of the files that tell the power, one a battery."""
        files = [battery.power_uw or battery.current_ua for battery in self._found.now()]
        return [file.path for file in files if file is not None]

    def watts(self) -> float | None:
        """Of all that are discharged; None while there is none, and where one of them does not tell."""
        drawn = [_watts(battery) for battery in self._found.now() if battery.status.text() == "Discharging"]
        known = [watts for watts in drawn if watts is not None]
        return round(sum(known), 3) if known and len(known) == len(drawn) else None


def _watts(battery: _Battery) -> float | None:
    if battery.power_uw is not None:
        power_uw = battery.power_uw.number()
        watts = None if power_uw is None else power_uw / 1e6
    else:
        current_ua = battery.current_ua.number() if battery.current_ua is not None else None
        voltage_uv = battery.voltage_uv.number() if battery.voltage_uv is not None else None
        watts = None if current_ua is None or voltage_uv is None else current_ua * voltage_uv / 1e12
    # Some drivers give what flows out as a negative number; one that is discharged gives something.
    return abs(watts) if watts else None


def _look(files: Files) -> list[_Battery]:
    found = []
    for folder in sorted((files.root / "sys/class/power_supply").glob("*")):
        # Those of scope Device are in a mouse or a pen.
        if read_text(folder / "type") != "Battery" or read_text(folder / "scope") == "Device":
            continue
        status = files.open(folder / "status")
        if status is not None:
            names = ("power_now", "current_now", "voltage_now")
            found.append(_Battery(status, *(files.open(folder / name) for name in names)))
    return found
