"""A setting whose flag may be given several times: each value is read as the setting is, none twice."""

import click
import pytest
from click.testing import CliRunner

from ovtui.cli.options import SettingsCommand, repeated_options, repeated_values, settings_from, settings_options


def ask(*args: str):
    found: dict = {}

    @click.command(cls=SettingsCommand)
    @repeated_options("device", "hint")
    @settings_options
    def command(**given) -> None:
        found["devices"], found["hints"] = repeated_values(given, "device"), repeated_values(given, "hint")
        found["settings"] = settings_from(given)

    result = CliRunner().invoke(command, list(args), standalone_mode=False)
    if result.exception is not None:
        raise result.exception
    return found


def test_each_time_is_one_value_and_the_first_one_is_the_setting():
    found = ask("model.xml", "-d", "CPU", "-dGPU.1", "--device", "AUTO:GPU,CPU", "-d", "CPU", "--hint", "latency")
    assert found["devices"] == ["CPU", "GPU.1", "AUTO:GPU,CPU"]
    assert found["hints"] == ["latency"]
    assert (found["settings"].device, found["settings"].hint) == ("CPU", "latency")


def test_without_the_flag_there_is_no_value_and_the_setting_is_its_default():
    found = ask("model.xml", "--nireq", "4")
    assert (found["devices"], found["hints"]) == ([], [])
    assert (found["settings"].device, found["settings"].hint, found["settings"].nireq) == ("AUTO", "throughput", 4)


def test_a_wrong_value_is_one_sentence():
    with pytest.raises(click.UsageError, match=r"hint: .*one of"):
        ask("model.xml", "--hint", "latency", "--hint", "fast")
