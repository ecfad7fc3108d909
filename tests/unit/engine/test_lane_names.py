"""Names of lanes: the model, and the knobs that differ among the lanes of one model."""

from __future__ import annotations

from typing import Any

import pytest

from core.engine.lane_names import BRIEF_LETTERS, MOST_LETTERS, Named, checked_name, lane_names
from core.models.base import MODELS


def _lane(slot: int, model: str, **knobs: Any) -> Named:
    return Named(slot, MODELS.get(model), MODELS.get(model).Config(**knobs))


def _full(*lanes: Named) -> list[str]:
    return [name.full for name in lane_names(lanes)]


def test_one_lane_of_a_model_is_called_like_the_model() -> None:
    names = lane_names((_lane(0, "ae", lr=0.05), _lane(1, "vae")))
    assert [(name.brief, name.full, name.long) for name in names] == [
        ("AE", "AE", "Autoencoder"),
        ("VAE", "VAE", "Variational autoencoder"),
    ]


def test_lanes_of_one_model_are_told_apart_by_the_knob_that_differs() -> None:
    names = lane_names((_lane(0, "ae", lr=0.001), _lane(1, "vae"), _lane(3, "ae", lr=0.05)))
    assert [name.full for name in names] == ["AE · lr 0.001", "VAE", "AE · lr 0.05"]
    assert [name.brief for name in names] == ["AE 1", "VAE", "AE 4"]
    assert names[2].long == "Autoencoder · lr 0.05"


def test_small_values_have_no_exponent() -> None:
    assert _full(_lane(0, "ae", lr=1e-5), _lane(1, "ae", lr=0.001)) == ["AE · lr 0.00001", "AE · lr 0.001"]


def test_lanes_without_a_difference_get_the_numbers_of_their_slots() -> None:
    assert _full(_lane(0, "gan"), _lane(1, "gan")) == ["GAN 1", "GAN 2"]


def test_equal_lanes_beside_another_are_numbered_too() -> None:
    lanes = (_lane(0, "vae"), _lane(1, "vae"), _lane(2, "vae", beta=4.0))
    assert _full(*lanes) == ["VAE 1 · β 1", "VAE 2 · β 1", "VAE · β 4"]


def test_the_weight_of_the_rate_comes_first_and_two_knobs_are_enough() -> None:
    one = _lane(0, "vae", beta=4.0, lr=0.01, free_bits=0.5, hidden="64")
    assert _full(one, _lane(1, "vae")) == ["VAE · β 4 · lr 0.01", "VAE · β 1 · lr 0.001"]


def test_a_third_knob_is_named_where_two_leave_lanes_alike() -> None:
    lanes = (_lane(0, "vae", beta=4.0, lr=0.01), _lane(1, "vae"), _lane(2, "vae", hidden="64"))
    names = _full(*lanes)
    assert len(set(names)) == 3
    assert names[2] == "VAE · β 1 · lr 0.001 · hidden 64"


def test_a_knob_without_effect_is_not_named() -> None:
    lanes = (_lane(0, "vae", pixel_sigma=0.2), _lane(1, "vae", pixel_sigma=0.5))  # the pixels are Bernoulli's
    assert _full(*lanes) == ["VAE 1", "VAE 2"]
    lanes = (_lane(0, "vae", likelihood="gaussian", pixel_sigma=0.2), _lane(1, "vae", pixel_sigma=0.5))
    assert _full(*lanes) == ["VAE · pixels gaussian · σ 0.2", "VAE · pixels bernoulli"]


def test_values_with_a_word_are_written_by_it() -> None:
    assert _full(_lane(0, "gan", smoothing=0.9), _lane(1, "gan")) == ["GAN · smoothing 0.9", "GAN · smoothing none"]


def _called(slot: int, given: str) -> Named:
    return Named(slot, MODELS.get("vae"), MODELS.get("vae").Config(), given)


def test_the_user_s_name_stands_for_model_and_knobs() -> None:
    mine, other = lane_names((_called(0, "baseline"), _lane(1, "vae", beta=4.0)))
    assert (mine.brief, mine.full, mine.long, mine.knobs) == ("baseline", "baseline", "baseline", "")
    assert other.full == "VAE · β 4"  # the other one is still told from it by its knob


def test_long_names_are_cut_where_there_is_little_room_and_stay_apart() -> None:
    names = lane_names((_called(0, "with a warm-up of 5"), _called(2, "with a warm-up of 9"), _called(3, "short")))
    assert [name.brief for name in names] == ["with a warm-u… 1", "with a warm-u… 3", "short"]
    assert names[1].full == "with a warm-up of 9"
    assert lane_names((_called(0, "with a warm-up of 5"),))[0].brief == "with a warm-u…"
    assert len("with a warm-u…") == BRIEF_LETTERS


def test_equal_names_of_saved_runs_stay_apart() -> None:
    names = lane_names((_called(0, "mine"), _called(2, "mine"), _called(3, "other")))
    assert [(name.brief, name.full, name.long) for name in names] == [
        ("mine 1", "mine 1", "mine 1"),
        ("mine 3", "mine 3", "mine 3"),
        ("other", "other", "other"),
    ]


def test_a_name_is_one_line_of_printable_letters() -> None:
    assert checked_name("  two\n\tlines\x07 ") == "two lines"
    assert checked_name(" \n") == ""
    assert checked_name("x" * MOST_LETTERS) == "x" * MOST_LETTERS
    with pytest.raises(ValueError, match=f"at most {MOST_LETTERS} letters, this one has {MOST_LETTERS + 1}"):
        checked_name("x" * (MOST_LETTERS + 1))
