"""Which wheels run on a box."""

from __future__ import annotations

import pytest

from ovtui.fleet.push.target import Target, newest_of_each, wheel_parts

INTEL = Target((3, 11), "x86_64", (2, 36))
ARM = Target((3, 12), "aarch64", (2, 34))


@pytest.mark.parametrize(
    ("name", "intel", "arm"),
    [
        ("click-8.5.1-py3-none-any.whl", True, True),
        ("six-1.0-py2.py3-none-any.whl", True, True),
        ("old-1.0-py2-none-any.whl", False, False),
        ("new-1.0-py312-none-any.whl", False, True),
        ("numpy-2.4.6-cp311-cp311-manylinux_2_27_x86_64.manylinux_2_28_x86_64.whl", True, False),
        ("numpy-2.5.5-cp312-cp312-manylinux_2_27_aarch64.manylinux_2_28_aarch64.whl", False, True),
        ("openvino-2026.4.1-22982-cp312-cp312-manylinux_2_35_aarch64.whl", False, False),
        ("a-1-cp38-abi3-manylinux2014_x86_64.whl", True, False),
        ("a-1-cp313-abi3-manylinux2014_x86_64.whl", False, False),
        ("a-1-cp311-cp311-manylinux1_x86_64.whl", True, False),
        ("a-1-cp311-cp311-manylinux1_aarch64.whl", False, False),
        ("a-1-cp312-cp312t-manylinux2014_aarch64.whl", False, False),
        ("a-1-cp311-none-any.whl", True, False),
        ("a-1-pp311-pypy311_pp73-any.whl", False, False),
        ("a-1-cp311-cp311-musllinux_1_2_x86_64.whl", False, False),
        ("a-1-cp311-cp311-macosx_11_0_arm64.whl", False, False),
        ("a-1-cp311-cp311-linux_x86_64.whl", True, False),
        ("a-1.tar.gz", False, False),
        ("a-1-py3-none.whl", False, False),
    ],
)
def test_takes(name: str, intel: bool, arm: bool) -> None:
    assert (INTEL.takes(name), ARM.takes(name)) == (intel, arm)


def test_pip_gets_every_older_manylinux() -> None:
    options = " ".join(ARM.pip_options)
    assert "--python-version 3.12 --abi cp312" in options
    assert "manylinux_2_34_aarch64" in options
    assert "manylinux_2_17_aarch64 --platform manylinux2014_aarch64" in options
    assert "manylinux_2_35" not in options
    assert "manylinux_2_16" not in options
    assert "manylinux_2_5_x86_64" in INTEL.pip_options


def test_names_are_those_of_an_index() -> None:
    assert wheel_parts("Prometheus_Client-0.26.0-py3-none-any.whl") == (
        "prometheus-client", "0.26.0", "py3", "none", "any",
    )  # fmt: skip


def test_the_newest_of_each() -> None:
    names = ["a-1.9-py3-none-any.whl", "a-1.10-py3-none-any.whl", "a-1.10rc1-py3-none-any.whl", "b-2-py3-none-any.whl"]
    assert sorted(newest_of_each([*names, "a.zip"])) == ["a-1.10-py3-none-any.whl", "b-2-py3-none-any.whl"]
