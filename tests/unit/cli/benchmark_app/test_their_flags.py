"""What an engine advises can be typed to `ovtui benchmark_app`."""

from __future__ import annotations

import re

import pytest

from ovtui.cli.benchmark_app import their_flags
from ovtui.cli.benchmark_app.flags import parse
from ovtui.cli.benchmark_app.their_flags import in_their_flags
from ovtui.settings.schema.settings import fields

VALUES = {"-ip": "u8", "-op": "f16", "-api": "async", "-hint": "none"}
NUMBERS = ("-nireq", "-niter", "-t", "-b", "-nthreads")


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("give them with --shape '[1,3,8,8]'", "give them with -shape '[1,3,8,8]'"),
        ("--data-shape 'ids[1,128]' gives it more", "-data_shape 'ids[1,128]' gives it more"),
        ("convert it with --input-precision, or --output-precision", "convert it with -ip, or -op"),
        ("/a--shape/b--input and --set KEY=1 stay", "/a--shape/b--input and --set KEY=1 stay"),
    ],
)
def test_flags_are_those_of_benchmark_app(said: str, told: str) -> None:
    assert in_their_flags(said) == told


def test_each_is_a_flag_of_its_side() -> None:
    ours = {flag for field in fields().values() for flag in field.spec.flags}
    for mine, theirs in their_flags._FLAGS.items():
        assert mine in ours
        value = [] if theirs == "-lfile" else [VALUES.get(theirs, "2" if theirs in NUMBERS else "x")]
        parse(["-m", "x.xml", "-hint", "none", theirs, *value])
        assert re.fullmatch(r"--?[a-z_]+", theirs)
