"""The times of single inferences, found in means that are cut to whole microseconds."""

from __future__ import annotations

import numpy as np
import pytest
from scripted_engine import ScriptedEngine

from ovtui.engine.layers.single_times import Readings, from_means, single_times, tells_means
from ovtui.engine.layers.sync_request import ProfileEntry


def readings(engine: ScriptedEngine, inferences: int, warm_up: int = 0) -> Readings:
    found = Readings()
    for number in range(inferences):
        engine.infer()
        found.add(engine.profile(), counted=number >= warm_up)
    return found


def test_the_means_of_a_slow_start_give_each_inference_its_own_time() -> None:
    assert from_means(np.array([400.0, 300.0, 250.0, 220.0])).tolist() == [400, 200, 150, 130]


def test_single_times_are_within_the_number_of_the_inference() -> None:
    rng = np.random.default_rng(3)
    script = rng.integers(1, 900, (40, 2))
    found, means = single_times([readings(ScriptedEngine(lambda n: [*map(int, script[n])]), 40)], means=True)
    assert means
    for at, name in enumerate(("conv", "relu")):
        off = found[name, 0].real_us - script[:, at]
        assert (np.abs(off) < np.arange(1, 41)).all()
        assert np.mean(found[name, 0].real_us) == pytest.approx(np.mean(script[:, at]), abs=1.0)


def test_the_warm_up_does_not_count_and_does_not_bend_what_comes_after_it() -> None:
    engine = ScriptedEngine(lambda n: [4000, 100] if n < 2 else [200, 50])
    found, _ = single_times([readings(engine, 12, warm_up=2)], means=True)
    assert found["conv", 0].real_us == pytest.approx([200] * 10, abs=11)
    assert np.mean(found["conv", 0].real_us) == pytest.approx(200, abs=1)


def test_a_device_that_tells_single_times_is_taken_at_its_word() -> None:
    script = [[100, 10], [300, 10], [90, 10], [310, 10], [80, 10], [320, 10]]
    engine = ScriptedEngine(script.__getitem__, means=False)
    found, means = single_times([readings(engine, 6)], means=False)
    assert not means
    assert found["conv", 0].real_us.tolist() == [100, 300, 90, 310, 80, 320]


def test_readings_that_cannot_be_means_are_not_taken_for_them() -> None:
    """Of a CPU whose plugin tells single times one day: 9 x 310 after 8 x 900 is less than no time."""
    script = [[900, 500] if n % 2 else [310, 20] for n in range(10)]
    found, means = single_times([readings(ScriptedEngine(script.__getitem__, means=False), 10)], means=True)
    assert not means
    assert found["conv", 0].real_us.tolist() == [each[0] for each in script]


def test_engines_are_put_together() -> None:
    first = readings(ScriptedEngine(lambda _: [100, 10]), 5, warm_up=2)
    second = readings(ScriptedEngine(lambda _: [200, 10]), 4, warm_up=2)
    assert second.align(first)
    found, _ = single_times([first, second], means=True)
    assert found["conv", 0].real_us.tolist() == [100, 100, 100, 200, 200]


def test_another_compile_numbers_what_it_makes_otherwise() -> None:
    first = readings(ScriptedEngine(lambda _: [100, 10], ("conv", "Made_15"), kernels=("jit", "ref")), 2)
    engine = ScriptedEngine(lambda _: [300, 30], ("conv", "Made_27"), kernels=("jit", "ref"))
    second = readings(engine, 1)
    assert second.align(first)
    engine.infer()
    second.add(engine.profile(), counted=True)
    found, _ = single_times([first, second], means=True)
    assert [*found] == [("conv", 0), ("Made_15", 0)]
    assert found["Made_15", 0].real_us.tolist() == [10, 10, 30, 30]
    assert found["Made_15", 0].entry.name == "Made_15"


def test_an_engine_of_other_kernels_is_another_one() -> None:
    first = readings(ScriptedEngine(lambda _: [100, 10], ("conv", "Made_15"), kernels=("jit", "ref")), 1)
    second = readings(ScriptedEngine(lambda _: [300, 30], ("conv", "Made_27"), kernels=("jit", "jit")), 1)
    assert not second.align(first)


def test_two_layers_of_one_name_stay_two() -> None:
    found, _ = single_times([readings(ScriptedEngine(lambda _: [100, 30], ("conv", "conv")), 3)], means=True)
    assert [*found] == [("conv", 0), ("conv", 1)]
    assert found["conv", 1].real_us.tolist() == [30, 30, 30]


def test_a_layer_that_is_missing_at_times_is_told_as_it_was_read() -> None:
    found = Readings()
    entry = ProfileEntry("maybe", "If", "jit", "EXECUTED", 50, 50)
    for profile in ([entry], [], [entry]):
        found.add(profile, counted=True)
    times, _ = single_times([found], means=True)
    assert np.isnan(times["maybe", 0].real_us).tolist() == [False, True, False]


@pytest.mark.parametrize(("device", "means"), [("CPU", True), ("GPU.1", True), ("NPU", False)])
def test_which_devices_tell_means(device: str, means: bool) -> None:
    assert tells_means(device) is means


def test_what_a_loop_over_the_readings_finds_is_the_median_of_the_means_with_the_slow_start_in_them() -> None:
    took = [8000, 300, *[200] * 98]
    engine, loop = ScriptedEngine(lambda n: [took[n], 5]), ScriptedEngine(lambda n: [took[n], 5])
    found, _ = single_times([readings(engine, 100, warm_up=2)], means=True)
    naive = []
    for _ in range(100):
        loop.infer()
        naive.append(loop.profile()[0].real_us)
    assert found["conv", 0].reported_us == np.median(naive)
    assert np.median(found["conv", 0].real_us) == pytest.approx(200, abs=50)
    assert found["relu", 0].reported_us == 5


def test_the_warm_up_of_a_renewed_engine_is_not_in_what_one_loop_would_find() -> None:
    engines = [ScriptedEngine(lambda n: [4000 if n == 0 else 200, 5]) for _ in range(3)]
    found, _ = single_times([readings(each, 30, warm_up=1) for each in engines], means=True)
    sums = np.cumsum([4000] + [200] * 87)
    assert found["conv", 0].reported_us == pytest.approx(np.median(sums // np.arange(1, 89)), abs=2)


def test_of_single_times_a_loop_finds_their_median() -> None:
    engine = ScriptedEngine([[100, 10], [300, 10], [90, 10]].__getitem__, means=False)
    found, _ = single_times([readings(engine, 3)], means=False)
    assert found["conv", 0].reported_us == 100
