"""Keys of older releases of OpenVINO, and what is said of them."""

from __future__ import annotations

import pytest

from ovtui.settings.openvino_properties.catalogue import catalogue
from ovtui.settings.openvino_properties.old_keys import _DROPPED, _REPLACED, successor_hint


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("CPU_THROUGHPUT_STREAMS", "; OpenVINO replaced it by NUM_STREAMS (--nstreams)"),
        ("gpu_throughput_streams", "; OpenVINO replaced it by NUM_STREAMS (--nstreams)"),
        ("CPU_THREADS_NUM", "; OpenVINO replaced it by INFERENCE_NUM_THREADS (--nthreads)"),
        ("KEY_CPU_THREADS_NUM", "; OpenVINO replaced it by INFERENCE_NUM_THREADS (--nthreads)"),
        ("CPU_BIND_THREAD", "; OpenVINO replaced it by ENABLE_CPU_PINNING"),
        ("AFFINITY", "; OpenVINO replaced it by ENABLE_CPU_PINNING"),
        ("ENFORCE_BF16", "; OpenVINO replaced it by INFERENCE_PRECISION_HINT=bf16 (--infer-precision bf16)"),
        ("KEY_PERFORMANCE_HINT", "; OpenVINO writes it without KEY_ now: PERFORMANCE_HINT (--hint)"),
        ("KEY_PERF_COUNT", "; OpenVINO writes it without KEY_ now: PERF_COUNT"),
        ("VPUX_COMPILER_TYPE", "; OpenVINO replaced it by NPU_COMPILER_TYPE"),
        (
            "DYN_BATCH_ENABLED",
            "; OpenVINO dropped it: a model of dynamic shape takes any batch: --data-shape gives them",
        ),
        ("MULTI_WORK_MODE_AS_AUTO", "; OpenVINO dropped it: the device string says it: --device AUTO:GPU,CPU"),
        ("TUNING_MODE", "; OpenVINO dropped it"),
        ("NUM_STREAMS", ""),
        ("KEY_CACHE_PRECISION", ""),  # of today
        ("KEY_NONSENSE", ""),
        ("NONSENSE", ""),
    ],
)
def test_an_old_key_names_its_successor(key: str, said: str) -> None:
    assert successor_hint(key) == said


def test_what_the_devices_list_is_of_today() -> None:
    assert successor_hint("AFFINITY", ("AFFINITY",)) == ""
    assert successor_hint("KEY_NEW_THING", ("NEW_THING",)) == "; OpenVINO writes it without KEY_ now: NEW_THING"


def test_no_old_key_is_of_today_and_every_successor_is() -> None:
    assert not {*_REPLACED, *_DROPPED} & catalogue().keys()
    assert {successor.partition("=")[0] for successor in _REPLACED.values()} <= catalogue().keys()
