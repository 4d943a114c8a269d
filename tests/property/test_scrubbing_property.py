"""No name is left in any text that holds some, whatever is around it; a text without names stays as it is; settings
stay settings."""

from __future__ import annotations

import json
from urllib.parse import quote

import msgspec
from hypothesis import example, given
from hypothesis import strategies as st

from ovtui.host.bundle.common_words import is_common
from ovtui.host.bundle.name_check import NameCheck
from ovtui.host.bundle.private_names import PrivateNames
from ovtui.host.bundle.scrubber import Scrubber
from ovtui.settings.schema.settings import Settings
from ovtui.settings.shown_text import shown

LETTERS = "abcdefghijklmnopqrstuvwxyzäöüßéñøłабвгдеж"
name_texts = st.text(LETTERS, min_size=4, max_size=12).filter(lambda name: not is_common(name))
odd_names = st.builds(lambda a, b: f"{a}\udcfc{b}", name_texts, name_texts)
people = st.lists(st.one_of(name_texts, odd_names), min_size=1, max_size=3, unique=True)
between = st.text(" /.,:;=()[]{}<>|\"'\n\t_-@", min_size=1, max_size=6)
FORMS = [
    str,
    str.upper,
    str.title,
    lambda name: json.dumps(name)[1:-1],
    lambda name: quote(name.encode("utf-8", "surrogateescape"), safe=""),
    shown,
    lambda name: f"/home/{name}/models",
    lambda name: f"%2Fhome%2F{quote(name.encode('utf-8', 'surrogateescape'))}%2Fx",
    lambda name: f"\\n{name}",
]


@given(st.data(), people)
def test_no_name_is_left(data: st.DataObject, names: list[str]) -> None:
    parts = data.draw(st.lists(st.tuples(between, st.sampled_from(names), st.sampled_from(FORMS)), max_size=6))
    text = "".join(f"{space}{form(name)}" for space, name, form in parts) + data.draw(between)
    scrubber = Scrubber(PrivateNames(people=tuple(names), homes=tuple(f"/home/{name}" for name in names)))
    cleaned = scrubber.text(text)
    assert not any(name.casefold() in cleaned.casefold() for name in names), (text, cleaned)
    assert not NameCheck(PrivateNames(people=tuple(names)))._is_in(cleaned)
    assert scrubber.text(cleaned) == cleaned
    value = scrubber.value({"text": text, text: [text]})
    assert not any(name in repr(value) for name in names)


@given(st.text(st.characters(exclude_characters="@"), max_size=60))
@example("a::b 12:34:56 2026.4.1.0 0000:00:02.0 Core::compile")
def test_a_text_without_names_stays(text: str) -> None:
    if "home" in text.lower() or "users" in text.lower() or "serial" in text.lower():
        return
    if sum(character in ".:-" for character in text) > 2:
        return  # may be an address
    names = PrivateNames(people=("annegret",), hosts=("zuse-box",), homes=("/home/annegret",))
    assert Scrubber(names).text(text) == text


SOME_PATHS = st.sampled_from(
    ["/home/annegret/m.xml", "annegret.onnx", "/data/annegret/x", "~annegret/x", "/Users/bob/m.xml"]
)


@given(SOME_PATHS, SOME_PATHS, st.sampled_from(["CPU", "AUTO:GPU,CPU", "GPU.0"]), st.floats(0.5, 1e4))
def test_settings_stay_settings(model: str, input_path: str, device: str, rate: float) -> None:
    settings = Settings(
        model=model, input=f"data:{input_path}", device=device, rate=rate, arrival=f"trace:{input_path}",
        cache_dir=input_path, extensions=input_path, properties={"CONFIG_FILE": input_path, "GPU.CACHE_DIR": model},
    )  # fmt: skip
    scrubber = Scrubber(PrivateNames(people=("annegret",), homes=("/home/annegret",)))
    cleaned = scrubber.value(msgspec.to_builtins(settings))
    assert "annegret" not in json.dumps(cleaned)
    again = msgspec.convert(cleaned, Settings)
    assert (again.device, again.rate) == (settings.device, settings.rate)
