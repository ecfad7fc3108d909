"""Knobs: the values of a config survive typing, JSON and the command line."""

from __future__ import annotations

import argparse
import dataclasses
import json
from dataclasses import dataclass
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.foundation.params import (
    KnobError,
    Param,
    add_options,
    changed,
    checked,
    from_json,
    from_options,
    knob,
    knobs,
    option_of,
    to_json,
)


@dataclass(frozen=True)
class Config:
    rate: Annotated[float, Param("Rate", 0.0, 1e9, scale="log", decimals=4, live=True, help="How fast.")] = 1e-3
    count: Annotated[int, Param("Count", -5, 10**6, unit="things")] = 3
    sure: Annotated[bool, Param("Sure")] = True
    kind: Annotated[str, Param("Kind", choices=("left", "salt and pepper"))] = "left"
    widths: Annotated[str, Param("Widths", pattern=r"\d+(, \d+)*", example="400 or 256, 128")] = "400"
    free: Annotated[str, Param("Free text", option="text", help="100 % free")] = ""
    hidden: Annotated[float, Param("Only left", 0, 1, when=("kind", ("left",)))] = 0.5


configs = st.builds(
    Config,
    rate=st.floats(0, 1e9),
    count=st.integers(-5, 10**6),
    sure=st.booleans(),
    kind=st.sampled_from(("left", "salt and pepper")),
    widths=st.lists(st.integers(1, 9999), min_size=1, max_size=4).map(lambda w: ", ".join(map(str, w))),
    free=st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=20),
    hidden=st.floats(0, 1),
)


@given(configs)
def test_json_gives_the_config_back(config: Config) -> None:
    assert from_json(Config, json.loads(json.dumps(to_json(config)))) == config
    assert checked(config) == config


@given(configs)
def test_the_command_line_gives_the_config_back(config: Config) -> None:
    parser = argparse.ArgumentParser(allow_abbrev=False)
    add_options(parser, Config, "knobs")
    words = [f"{option_of(each)}={getattr(config, each.name)}" for each in knobs(Config)]
    assert from_options(Config, vars(parser.parse_args(words))) == config


@given(configs)
def test_typed_text_gives_the_value_back(config: Config) -> None:
    for each in knobs(Config):
        value = getattr(config, each.name)
        assert each.parse(str(value)) == value


def test_options_that_were_not_given_take_the_default() -> None:
    parser = argparse.ArgumentParser(allow_abbrev=False)
    add_options(parser, Config, "knobs")
    assert from_options(Config, vars(parser.parse_args([]))) == Config()
    assert from_json(Config, {}) == Config()
    help_text = " ".join(parser.format_help().split())
    assert "How fast. (0 to 1,000,000,000; default 0.001)" in help_text
    assert "100 % free (text; default )" in help_text
    assert "--text" in help_text


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("rate", -0.1, "Rate: −0.1 is outside 0 to 1,000,000,000"),
        ("rate", "fast", "Rate: 'fast' is not a number"),
        ("rate", float("nan"), "Rate: nan is not a finite number"),
        ("rate", True, "Rate: True is not a number"),
        ("rate", None, "Rate: None is not a number"),
        ("count", 2.5, "Count: 2.5 is not a whole number"),
        ("count", 2_000_000, "Count: 2,000,000 is outside −5 to 1,000,000 things"),
        ("sure", 1, "Sure: 1 is not true or false"),
        ("kind", "right", "Kind: 'right' is not one of left, salt and pepper"),
        ("widths", "400,", "Widths: '400,' does not look like 400 or 256, 128"),
        ("speed", 1, "there is no knob 'speed'; there are rate, count, sure, kind, widths, free, hidden"),
    ],
)
def test_a_value_that_a_knob_refuses_is_one_sentence(name: str, value: Any, sentence: str) -> None:
    with pytest.raises(KnobError) as caught:
        changed(Config(), name, value)
    assert str(caught.value) == sentence
    if name in {each.name for each in knobs(Config)}:
        with pytest.raises(KnobError):
            from_json(Config, {name: value})
        with pytest.raises(KnobError):
            checked(dataclasses.replace(Config(), **{name: value}))


@pytest.mark.parametrize("text", ["0,5", "0,001", "1,5", "1,00", "12,34", "1,2345", "", "1 2"])
def test_a_comma_is_no_decimal_point(text: str) -> None:
    """Read as a thousands separator it would silently change the value."""
    with pytest.raises(KnobError):
        knob(Config, "rate").parse(text)


def test_thousands_separators_and_the_minus_sign_are_read() -> None:
    assert knob(Config, "count").parse("12,345") == 12_345
    assert knob(Config, "count").parse(" −5 ") == -5
    assert knob(Config, "count").parse("1e3") == 1000
    for word, value in (("yes", True), ("Off", False)):
        assert knob(Config, "sure").parse(word) is value
    with pytest.raises(KnobError, match="'perhaps' is not yes or no"):
        knob(Config, "sure").parse("perhaps")


def test_unknown_json_keys_are_refused() -> None:
    with pytest.raises(KnobError, match="no knob 'speed'"):
        from_json(Config, {"speed": 1})


def test_a_knob_is_hidden_unless_its_condition_holds() -> None:
    each = knob(Config, "hidden")
    assert each.shown(Config())
    assert not each.shown(Config(kind="salt and pepper"))


def test_a_field_without_param_or_default_is_a_type_error() -> None:
    @dataclass(frozen=True)
    class NoParam:
        x: float = 1.0

    @dataclass(frozen=True)
    class NoDefault:
        x: Annotated[float, Param("X")]

    with pytest.raises(TypeError, match=r"NoParam\.x has no Param"):
        knobs(NoParam)
    with pytest.raises(TypeError, match=r"NoDefault\.x has no default"):
        knobs(NoDefault)
