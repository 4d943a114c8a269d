from __future__ import annotations

import pytest

from ovtui.records import device_codes
from ovtui.records.device_codes import AMBIGUOUS, CPU, STAND_IN, UNKNOWN, code_of, name_of

NAMES = ["CPU", *(f"{kind}.{index}" for kind in ("GPU", "NPU") for index in range(32))]


@pytest.mark.parametrize("name", NAMES)
def test_a_device_keeps_its_name(name: str) -> None:
    assert name_of(code_of([name])) == name


def test_every_device_has_a_code_of_its_own_that_fits_a_byte() -> None:
    codes = [code_of([name]) for name in NAMES] + [STAND_IN, UNKNOWN, AMBIGUOUS, code_of(["TPU.0"])]
    assert len(set(codes)) == len(codes)
    assert all(0 <= code <= 255 for code in codes)


def test_the_stand_in_is_not_the_cpu() -> None:
    assert code_of(["(CPU)"]) == STAND_IN
    assert name_of(STAND_IN) == "(CPU)"
    assert code_of(["CPU"]) == CPU


def test_the_only_gpu_is_the_first() -> None:
    assert code_of(["GPU"]) == code_of(["GPU.0"])


def test_several_or_none() -> None:
    assert code_of(["GPU.0", "CPU"]) == AMBIGUOUS
    assert code_of([]) == UNKNOWN


@pytest.mark.parametrize("name", ["", "TPU", "gpu.0", "GPU.x", "GPU.0.1", "CUDA.0", "(GPU)"])
def test_a_device_we_do_not_know_is_another_one(name: str) -> None:
    assert name_of(code_of([name])) == "other"


def test_more_devices_than_codes_share_the_last() -> None:
    assert code_of(["GPU.99"]) == code_of(["GPU.31"])
    assert name_of(code_of(["GPU.31"])) == "GPU.31"


def test_every_byte_has_a_name() -> None:
    assert all(name_of(code) for code in range(256))
    assert name_of(device_codes.UNKNOWN) == "–"
