from __future__ import annotations

import pytest

from ovtui.settings.changes import convert, with_changes
from ovtui.settings.device_names import PHYSICAL, VIRTUAL, candidates, kind_of, matches_device
from ovtui.settings.errors import SettingsError
from ovtui.settings.openvino_properties.catalogue import canonical_property, catalogue, nearest_property, split_key
from ovtui.settings.openvino_properties.catalogue_entries import ENTRIES
from ovtui.settings.openvino_properties.folding import flatten_properties, fold_properties, settings_by_property
from ovtui.settings.openvino_properties.property import PropertyKind
from ovtui.settings.schema.field_spec import Effect


def test_every_entry_says_what_it_is() -> None:
    assert len(catalogue()) == len(ENTRIES), "a property is listed twice"
    for entry in ENTRIES:
        assert entry.help.endswith("."), entry.name
        assert set(entry.devices) <= {*PHYSICAL, *VIRTUAL}, entry.name
        assert bool(entry.choices) == (entry.kind is PropertyKind.CHOICE), entry.name
        assert entry.devices or not entry.settable, entry.name


def test_every_default_is_a_value() -> None:
    for entry in ENTRIES:
        if entry.default:
            assert entry.read(entry.default) == entry.default, entry.name


def test_only_the_batch_timeout_is_not_a_recompile() -> None:
    assert [entry.name for entry in ENTRIES if entry.effect is not Effect.RECOMPILE] == ["AUTO_BATCH_TIMEOUT"]


@pytest.mark.parametrize(
    ("key", "value", "spelled"),
    [
        ("PERF_COUNT", "true", ("PERF_COUNT", "YES")),
        ("perf_count", "off", ("PERF_COUNT", "NO")),
        ("GPU.GPU_QUEUE_PRIORITY", "high", ("GPU.GPU_QUEUE_PRIORITY", "HIGH")),
        ("gpu.1.gpu_queue_priority", "LOW", ("GPU.1.GPU_QUEUE_PRIORITY", "LOW")),
        ("CPU.NUM_STREAMS", "auto", ("CPU.NUM_STREAMS", "AUTO")),
        ("CPU.NUM_STREAMS", "04", ("CPU.NUM_STREAMS", "4")),
        ("CPU_SPARSE_WEIGHTS_DECOMPRESSION_RATE", "0.5", ("CPU_SPARSE_WEIGHTS_DECOMPRESSION_RATE", "0.5")),
        ("KV_CACHE_PRECISION", "U8", ("KV_CACHE_PRECISION", "u8")),
        ("KV_CACHE_PRECISION", "nf4", ("KV_CACHE_PRECISION", "nf4")),
        ("NEW_IN_2027", "whatever", ("NEW_IN_2027", "whatever")),
        ("new_in_2027", "whatever", ("new_in_2027", "whatever")),
        ("GPU.NEW_IN_2027", "", ("GPU.NEW_IN_2027", "")),
    ],
)
def test_keys_and_values_are_spelled_as_openvino_spells_them(key: str, value: str, spelled: tuple[str, str]) -> None:
    assert canonical_property(key, value) == spelled
    assert canonical_property(*spelled) == spelled


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("PERF_COUNT", "maybe", "PERF_COUNT: 'maybe' is not YES or NO"),
        ("MODEL_PRIORITY", "URGENT", "'URGENT' is not one of LOW, MEDIUM, HIGH"),
        ("MODEL_PRIORITY", "", "'' is not one of"),
        ("GPU.OFFLOAD_RATIO", "101", "GPU.OFFLOAD_RATIO: 101 is out of range: at least 0 and at most 100"),
        ("CPU.NUM_STREAMS", "0", "CPU.NUM_STREAMS: 0 is out of range: at least 1, AUTO or NUMA"),
        ("CPU.INFERENCE_NUM_THREADS", "1.5", "'1.5' is not a whole number from 0"),
        ("ACTIVATIONS_SCALE_FACTOR", "nan", "out of range"),
        ("FULL_DEVICE_NAME", "x", "FULL_DEVICE_NAME is a fact of the device and cannot be set"),
        ("MODEL_PTR", "1", "MODEL_PTR cannot be written as text"),
        ("DEVICE_PROPERTIES", "{CPU:{}}", "cannot be written as text"),
        (".PERF_COUNT", "1", "'.PERF_COUNT' is not a property; write KEY, or GPU.KEY for one device"),
        ("GPU.", "1", "'GPU.' is not a property"),
        ("AUTO.MODEL_PRIORITY", "LOW", "write MODEL_PRIORITY alone for AUTO itself"),
    ],
)
def test_a_known_property_is_held_to_its_values(key: str, value: str, expected: str) -> None:
    with pytest.raises(SettingsError) as refused:
        canonical_property(key, value)
    assert expected in str(refused.value)


def test_what_has_a_setting_of_its_own_becomes_it() -> None:
    settings = convert({"properties": {
        "PERFORMANCE_HINT": "LATENCY", "NUM_STREAMS": "4", "INFERENCE_PRECISION_HINT": "FP16",
        "AUTO_BATCH_TIMEOUT": "50", "ALLOW_AUTO_BATCHING": "FALSE", "inference_num_threads": "2",
        "CACHE_DIR": "/c", "PERF_COUNT": "1",
    }})  # fmt: skip
    assert (settings.hint, settings.nstreams, settings.precision) == ("latency", "4", "f16")
    assert (settings.batch_timeout_ms, settings.auto_batching, settings.nthreads) == (50, "no", 2)
    assert settings.cache_dir == "/c"
    assert settings.properties == {"PERF_COUNT": "YES"}


def test_of_a_single_device_it_stays_a_property() -> None:
    settings = convert({"properties": {"GPU.NUM_STREAMS": "4"}})
    assert (settings.nstreams, settings.properties) == ("", {"GPU.NUM_STREAMS": "4"})


@pytest.mark.parametrize("text", ["", "dynamic", "undefined"])
def test_a_precision_left_to_the_device_is_the_default(text: str) -> None:
    assert convert({"precision": "f16", "properties": {"INFERENCE_PRECISION_HINT": text}}).precision == "default"


def test_a_bad_value_of_such_a_property_names_the_setting() -> None:
    with pytest.raises(SettingsError, match="AUTO_BATCH_TIMEOUT is the setting batch timeout: 0 ms is out of range"):
        convert({"properties": {"AUTO_BATCH_TIMEOUT": "0"}})
    with pytest.raises(SettingsError, match="PERFORMANCE_HINT is the setting hint: 'FAST' is not one of none, latency"):
        convert({"properties": {"PERFORMANCE_HINT": "FAST"}})


def test_a_change_of_properties_is_checked_as_well() -> None:
    settings = convert({"properties": {"PERF_COUNT": "YES"}})
    assert with_changes(settings, {"nireq": 4}).properties == {"PERF_COUNT": "YES"}
    assert with_changes(settings, {"properties": {"perf_count": "no"}}).properties == {"PERF_COUNT": "NO"}
    with pytest.raises(SettingsError):
        with_changes(settings, {"properties": {"PERF_COUNT": "2"}})


def test_folding_leaves_no_trace_of_what_it_moved() -> None:
    assert fold_properties({"properties": {"NUM_STREAMS": "4"}}) == {"nstreams": "4"}
    assert fold_properties({"properties": {}}) == {"properties": {}}
    assert fold_properties({"nireq": 3}) == {"nireq": 3}


def test_toml_may_write_properties_as_numbers_booleans_and_tables() -> None:
    table = {"PERF_COUNT": True, "GPU": {"OFFLOAD_RATIO": 5, "GPU_QUEUE_PRIORITY": "HIGH"}, "X": 0.5, "L": [1]}
    assert flatten_properties(table) == {
        "PERF_COUNT": "YES", "GPU.OFFLOAD_RATIO": "5", "GPU.GPU_QUEUE_PRIORITY": "HIGH", "X": "0.5", "L": [1],
    }  # fmt: skip


def test_every_own_setting_is_known() -> None:
    assert settings_by_property()["PERFORMANCE_HINT"] == "hint"
    assert set(settings_by_property()) <= set(catalogue())


def test_a_typing_mistake_finds_what_was_meant() -> None:
    assert nearest_property("PERF_COUT") == "PERF_COUNT"
    assert nearest_property("SOMETHING_NW", ("SOMETHING_NEW",)) == "SOMETHING_NEW"
    assert nearest_property("ZZZ") == ""


def test_device_names() -> None:
    assert split_key("GPU.0.NUM_STREAMS") == ("GPU.0", "NUM_STREAMS")
    assert split_key("NUM_STREAMS") == ("", "NUM_STREAMS")
    assert (kind_of("GPU.1"), kind_of("auto:GPU,CPU"), kind_of("BATCH:CPU(4)")) == ("GPU", "AUTO", "BATCH")
    assert matches_device("GPU", "GPU.1")
    assert matches_device("gpu.0", "GPU")
    assert not matches_device("GPU.0", "GPU.1")
    assert not matches_device("GPU", "CPU")
    assert candidates("BATCH:GPU(16)", ["CPU"]) == ["GPU"]
    assert candidates("AUTO:-GPU", ["CPU", "GPU.0", "GPU.1", "NPU"]) == ["CPU", "NPU"]
    assert candidates("MULTI:GPU.1,CPU(2)", ["CPU"]) == ["GPU.1", "CPU"]
