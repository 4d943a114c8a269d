from __future__ import annotations

import pytest

from ovtui.settings.changes import convert, with_changes
from ovtui.settings.errors import SettingsError
from ovtui.settings.openvino_properties.property import PropertyKind
from ovtui.settings.openvino_properties.reported import ReportedProperty as Reported
from ovtui.settings.openvino_properties.rows import PropertyRow, property_rows
from ovtui.settings.schema.settings import Settings

CPU = [
    Reported("SUPPORTED_PROPERTIES", "RO"),
    Reported("FULL_DEVICE_NAME", "RO", "Some CPU"),
    Reported("DEVICE_UUID", "RO", ""),
    Reported("NUM_STREAMS", "RW", "-1", "int"),
    Reported("ENABLE_CPU_PINNING", "RW", "YES", "bool"),
    Reported("MODEL_DISTRIBUTION_POLICY", "RW", ""),
    Reported("NEW_SWITCH", "RW", "NO", "bool"),
    Reported("NEW_MODE", "RW", "A", "text", ["A", "B"]),
    Reported("NEW_TEXT", "RW", "x"),
    Reported("NEW_FACT", "RO", "7", "int"),
    Reported("CACHE_ENCRYPTION_CALLBACKS", "WO"),
]
GPU = [Reported("GPU_QUEUE_PRIORITY", "RW", "MEDIUM"), Reported("GPU_DEVICE_TOTAL_MEM_SIZE", "RO", "123", "int")]
AUTO = [Reported("PERFORMANCE_HINT", "RW", "LATENCY"), Reported("ENABLE_STARTUP_FALLBACK", "RW", "YES", "bool")]
BATCH = [Reported("AUTO_BATCH_TIMEOUT", "RW", "1000", "int")]
HETERO = [Reported("MODEL_DISTRIBUTION_POLICY", "RW", "")]
LISTED = {"CPU": CPU, "GPU.0": GPU, "AUTO": AUTO, "BATCH": BATCH, "HETERO": HETERO}


def rows(settings: Settings) -> dict[str, PropertyRow]:
    found = property_rows(LISTED, settings)
    assert len({row.key for row in found}) == len(found)
    return {row.key: row for row in found}


def test_a_device_named_directly_has_its_own_rows() -> None:
    found = rows(Settings(device="CPU"))
    assert list(found) == [
        "NUM_STREAMS", "ENABLE_CPU_PINNING", "MODEL_DISTRIBUTION_POLICY", "NEW_MODE", "NEW_SWITCH", "NEW_TEXT",
        "FULL_DEVICE_NAME", "NEW_FACT",
    ]  # fmt: skip
    assert {row.device for row in found.values()} == {"CPU"}


def test_rows_are_typed_by_the_catalogue_and_else_by_the_value() -> None:
    found = rows(Settings(device="CPU"))
    assert found["ENABLE_CPU_PINNING"].choices == ("YES", "NO")
    assert found["ENABLE_CPU_PINNING"].help
    assert (found["NEW_SWITCH"].kind, found["NEW_SWITCH"].choices) == (PropertyKind.BOOL, ("YES", "NO"))
    assert (found["NEW_MODE"].kind, found["NEW_MODE"].choices) == (PropertyKind.CHOICE, ("A", "B"))
    assert (found["NEW_TEXT"].kind, found["NEW_TEXT"].help) == (PropertyKind.TEXT, "")
    fact = found["FULL_DEVICE_NAME"]
    assert (fact.kind, fact.current, fact.settable) == (PropertyKind.FACT, "Some CPU", False)


def test_what_has_a_setting_of_its_own_points_there() -> None:
    row = rows(Settings(device="CPU"))["NUM_STREAMS"]
    assert (row.setting, row.current, row.settable) == ("nstreams", "AUTO", False)
    with pytest.raises(SettingsError, match="nstreams"):
        row.change(Settings(device="CPU"), "4")


def test_under_auto_each_device_has_its_rows_by_name() -> None:
    settings = Settings(device="AUTO:GPU,CPU")
    found = rows(settings)
    assert list(found)[:2] == ["PERFORMANCE_HINT", "ENABLE_STARTUP_FALLBACK"]
    assert found["PERFORMANCE_HINT"].setting == "hint"
    assert found["GPU.GPU_QUEUE_PRIORITY"].device == "GPU.0"
    assert found["CPU.NUM_STREAMS"].settable, "of one device under AUTO it has no setting of its own"
    assert found["GPU.GPU_DEVICE_TOTAL_MEM_SIZE"].kind is PropertyKind.FACT
    assert found["CPU.NUM_STREAMS"].change(settings, "4") == {"CPU.NUM_STREAMS": "4"}


def test_a_bare_auto_has_every_device_of_the_machine() -> None:
    assert {row.device for row in property_rows(LISTED, Settings(device="AUTO"))} == {"AUTO", "CPU", "GPU.0"}
    assert {row.device for row in property_rows(LISTED, Settings(device="AUTO:-GPU"))} == {"AUTO", "CPU"}


def test_batch_hands_on_to_the_one_device_under_it() -> None:
    found = rows(Settings(device="BATCH:GPU(16)"))
    assert found["AUTO_BATCH_TIMEOUT"].setting == "batch_timeout_ms"
    assert "GPU_QUEUE_PRIORITY" in found


def test_a_device_that_is_not_here_has_no_rows() -> None:
    assert rows(Settings(device="NPU")) == {}


def test_what_is_set_is_shown_even_where_no_device_lists_it() -> None:
    found = rows(convert({"device": "CPU", "properties": {"NO_SUCH": "1", "ENABLE_CPU_PINNING": "NO", "GPU.X": "2"}}))
    assert (found["ENABLE_CPU_PINNING"].value, found["ENABLE_CPU_PINNING"].changed) == ("NO", True)
    assert (found["NO_SUCH"].value, found["NO_SUCH"].kind) == ("1", PropertyKind.TEXT)
    assert found["GPU.X"].value == "2"
    assert found["NUM_STREAMS"].changed is False


def test_a_change_is_checked_spelled_and_undone() -> None:
    settings = convert({"device": "CPU", "properties": {"NEW_TEXT": "y"}})
    row = rows(settings)["ENABLE_CPU_PINNING"]
    change = row.change(settings, "no")
    assert change == {"NEW_TEXT": "y", "ENABLE_CPU_PINNING": "NO"}
    after = with_changes(settings, {"properties": change})
    assert rows(after)["ENABLE_CPU_PINNING"].change(after, "") == {"NEW_TEXT": "y"}
    with pytest.raises(SettingsError, match="'perhaps' is not YES or NO"):
        row.change(settings, "perhaps")
    with pytest.raises(SettingsError, match="fact"):
        rows(settings)["NEW_FACT"].change(settings, "8")


def test_choices_go_round_from_what_is_in_force() -> None:
    found = rows(Settings(device="AUTO:GPU,CPU"))
    priority = found["GPU.GPU_QUEUE_PRIORITY"]
    assert (priority.next_choice(1), priority.next_choice(-1)) == ("HIGH", "LOW")
    assert found["CPU.NEW_TEXT"].next_choice(1) == ""


def test_a_policy_offers_what_its_device_takes() -> None:
    assert rows(Settings(device="CPU"))["MODEL_DISTRIBUTION_POLICY"].choices == ("TENSOR_PARALLEL",)
    assert rows(Settings(device="HETERO:CPU"))["MODEL_DISTRIBUTION_POLICY"].choices == ("PIPELINE_PARALLEL",)
