"""Drawings of a sweep: well formed, in the palette, and true to the values."""

from __future__ import annotations

import itertools
import math
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from core.exports.charts import LETTER_PX
from core.exports.document import Drawing, Words
from core.exports.palette import LIGHT
from core.sweeps import plots
from core.sweeps.groups import groups
from core.sweeps.knob_plot import SIZE
from core.sweeps.outcome import Outcome, Value
from core.sweeps.plane_plot import plane
from core.sweeps.plots import against_knobs, parallels, planes
from core.sweeps.scales import knob_scale, measure_scale, usual_range
from core.sweeps.series import along, evenly, main_knob
from core.sweeps.strokes import DOT, MARK, cut
from tests.sweeps_made import convex_values, done, made_outcomes, made_plan, of_runs, planned_run

BETAS = [0.05, 0.1, 0.5, 1.0, 4.0, 50.0]
PLACE = r"([\d.-]+) ([\d.-]+)"


def made(plan: object, values: object = convex_values, **states: object) -> tuple[Outcome, ...]:
    return made_outcomes(Path("sweep"), plan, values, **states)  # type: ignore[arg-type]


def texts(drawing: Drawing) -> list[tuple[str, float, float, str]]:
    """The words of a drawing with their places and anchors."""
    found = []
    for each in ET.fromstring(drawing.svg).iter("text"):
        found.append(
            (each.text or "", float(each.get("x") or 0), float(each.get("y") or 0), each.get("text-anchor") or "")
        )
    return found


def dots(drawing: Drawing, size: float) -> list[tuple[float, float]]:
    """The places of dots of a size."""
    paths = re.findall(rf'd="([^"]*h\.01)" style="fill:none;stroke:currentColor;stroke-width:{size};', drawing.svg)
    return [(float(x), float(y)) for path in paths for x, y in re.findall(rf"M{PLACE}h", path)]


def drawings(blocks: object) -> list[Drawing]:
    return [block for block in blocks if isinstance(block, Drawing)]  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def two_sets() -> tuple[Outcome, ...]:
    return made(made_plan({"dataset": ["mnist", "faces"], "latent": [2, 8], "beta": BETAS}))


def test_all_drawings_are_xml_in_colours_of_the_palette_without_references(two_sets: tuple[Outcome, ...]) -> None:
    found = [*drawings(planes(two_sets)), *drawings(against_knobs(two_sets)), *parallels(two_sets)]
    assert len(found) == 2 + 4 + 2
    for drawing in found:
        root = ET.fromstring(drawing.svg)
        assert root.get("viewBox") == f"0 0 {drawing.width} {drawing.height}"
        assert set(re.findall(r"var\(--([a-z0-9-]+)\)", drawing.svg)) <= set(LIGHT)
        assert not re.search(r"#[0-9A-Fa-f]{3}|url\(|href|://|<image|nan|inf\b", drawing.svg)
        for words, x, y, anchor in texts(drawing):
            wide = 5.5 * len(words)
            left = x - {"start": 0.0, "middle": wide / 2, "end": wide}[anchor]
            is_turned = words == "distortion D, nats"
            assert is_turned or (left >= -1 and left + wide <= drawing.width + 1), words
            assert 0 <= y <= drawing.height


def test_each_data_set_has_a_plane_of_its_own(two_sets: tuple[Outcome, ...]) -> None:
    first, second = drawings(planes(two_sets))
    assert ("MNIST" in first.caption, "Faces" in second.caption) == (True, True)
    assert any(words == "2,000" for words, *_ in texts(second))
    assert not any(words == "2,000" for words, *_ in texts(first))


def test_places_on_the_plane_are_rates_and_distortions() -> None:
    plan = made_plan({"beta": [0.1, 1.0, 10.0]}, seeds=[1, 2])
    values = {0: (10.0, 2.0), 1: (10.5, 2.1), 2: (12.0, 1.0), 3: (12.5, 1.1), 4: (20.0, 0.1), 5: (20.5, 0.2)}
    outcomes = made(plan, lambda run: dict(zip(("distortion", "rate"), values[run.number], strict=True)))
    drawing = plane(groups(outcomes), "Points")
    assert drawing is not None
    at = dots(drawing, DOT)
    assert len(at) == 6
    ordered = [values[number] for number in range(6)]
    for (one, here), (other, there) in itertools.combinations(zip(ordered, at, strict=True), 2):
        assert (one[1] < other[1]) == (here[0] < there[0])
        assert (one[0] < other[0]) == (here[1] > there[1])
    across = [(b[0] - a[0]) / (q[1] - p[1]) for (p, a), (q, b) in itertools.pairwise(zip(ordered, at, strict=True))]
    assert across == pytest.approx([across[0]] * 5, rel=0.1)


def test_along_a_diagonal_the_negative_elbo_is_constant(two_sets: tuple[Outcome, ...]) -> None:
    drawing = drawings(planes(two_sets))[0]
    lines = re.findall(
        r'x1="([\d.-]+)" y1="([\d.-]+)" x2="([\d.-]+)" y2="([\d.-]+)" style="stroke:var\(--text-3\);stroke-opacity',
        drawing.svg,
    )
    assert len(lines) >= 4
    ticks = texts(drawing)
    by_x = [
        (float(words.replace(",", "")), x)
        for words, x, y, anchor in ticks
        if anchor == "middle" and y > 430 and words[0].isdigit()
    ]
    by_y = [(float(words.replace(",", "")), y - 3.5) for words, x, y, anchor in ticks if anchor == "end" and x < 60]
    per_x = (by_x[1][0] - by_x[0][0]) / (by_x[1][1] - by_x[0][1])
    per_y = (by_y[1][0] - by_y[0][0]) / (by_y[1][1] - by_y[0][1])
    for x0, y0, x1, y1 in (map(float, line) for line in lines):
        rate, distortion = per_x * (x1 - x0), per_y * (y1 - y0)
        assert rate + distortion == pytest.approx(0, abs=0.02 * abs(rate) + 0.3)
        level = by_x[0][0] + per_x * (x0 - by_x[0][1]) + by_y[0][0] + per_y * (y0 - by_y[0][1])
        assert level / 20 == pytest.approx(round(level / 20), abs=0.05)


def test_labels_lie_on_no_label_and_on_no_mark() -> None:
    plan = made_plan(
        {"beta": [round(0.05 * 1.3**power, 4) for power in range(25)], "latent": [2, 3, 4]}, dataset="faces"
    )
    (drawing,) = drawings(planes(made(plan)))
    labels = [each for each in texts(drawing) if each[3] == "start" and "latent" not in each[0] and each[1] < 600]
    assert len(labels) > 12
    boxes = [(x, y - 9, x + 5.5 * len(words), y) for words, x, y, _ in labels]
    for (a, b, c, d), (e, f, g, h) in itertools.combinations(boxes, 2):
        assert c <= e or g <= a or d <= f or h <= b
    for (a, b, c, d), (x, y) in itertools.product(boxes, dots(drawing, DOT)):
        assert not (a < x < c and b < y < d)


def test_intervals_over_seeds_are_drawn_from_end_to_end() -> None:
    plan = made_plan({"beta": [0.1, 1.0]}, seeds=[1, 2, 3, 4, 5])
    outcomes = made(
        plan, lambda run: {"distortion": 100 * (run.value("beta") or 0) + run.seed, "rate": 10.0 * run.seed}
    )  # type: ignore[operator]
    drawing = plane(groups(outcomes), "Points")
    assert drawing is not None
    paths = re.findall(r'd="([^"]*)" style="fill:none;stroke:currentColor;stroke-width:1.1"', drawing.svg)
    at = dots(drawing, DOT)
    per_nat = (at[4][0] - at[0][0]) / 40
    mean = groups(outcomes)[0].mean("rate")
    bar = next(tuple(map(float, each)) for each in re.findall(rf"M{PLACE}L{PLACE}", paths[0]))
    assert bar[1] == bar[3]
    assert (bar[2] - bar[0]) / per_nat == pytest.approx(mean.high - mean.low, rel=0.02)


def test_one_seed_has_no_interval_and_the_caption_says_so() -> None:
    (drawing,) = drawings(planes(made(made_plan({"beta": BETAS}, seeds=[4]))))
    assert "no interval" in drawing.caption
    assert "stroke-width:1.1" not in drawing.svg


def test_a_run_that_diverged_does_not_press_the_others_flat() -> None:
    plan = made_plan({"beta": BETAS})
    outcomes = made(plan, lambda run: {"distortion": 1e7, "rate": 3.0} if run.number == 5 else convex_values(run))
    (drawing,) = drawings(planes(outcomes))
    assert "1 run lies outside" in drawing.caption
    heights = [y for _, y in dots(drawing, DOT)]
    assert max(heights) - min(heights) > 200


def test_models_without_a_rate_have_no_plane_and_it_says_why() -> None:
    outcomes = made(made_plan({"lr-g": [1e-4, 1e-3]}, model="gan"), lambda run: {"precision": 50.0 + run.number})
    (words,) = planes(outcomes)
    assert isinstance(words, Words)
    assert words.text.startswith("There is no rate–distortion plane. A GAN only draws samples")
    both = made(made_plan({"model": ["vae", "ae"], "lr": [1e-4, 1e-3]}))
    drawing, words = planes(both)
    assert isinstance(drawing, Drawing)
    assert isinstance(words, Words)
    assert words.text.startswith("AE is not on the plane.")
    unmeasured = made(made_plan({"beta": [1.0, 2.0]}), lambda run: {"psnr": 20.0})
    assert [block.text for block in planes(unmeasured)] == [
        "There is no rate–distortion plane: no run has both rate and distortion."
    ]


def test_charts_against_knobs_show_every_measure_against_every_knob(two_sets: tuple[Outcome, ...]) -> None:
    found = drawings(against_knobs(two_sets))
    assert [("MNIST" in each.caption, "β" in each.caption) for each in found] == list(
        itertools.product((True, False), (True, False))
    )
    for drawing in found:
        words = [words for words, *_ in texts(drawing)]
        assert {"Distortion, nats", "Rate, nats", "−ELBO, nats"} <= set(words)


def test_many_charts_are_cut_and_counted(monkeypatch: pytest.MonkeyPatch, two_sets: tuple[Outcome, ...]) -> None:
    monkeypatch.setattr(plots, "MOST_PANELS", 8)
    monkeypatch.setattr(plots, "FEWEST_PANELS", 8)
    blocks = list(against_knobs(two_sets))
    assert len(drawings(blocks)) == 4
    assert blocks[-1] == Words("4 more charts would not fit; the numbers of all are in sweep.csv.")


def test_nothing_that_varies_gives_a_sentence_and_no_chart() -> None:
    (words,) = against_knobs(made(made_plan({})))
    assert isinstance(words, Words)
    assert words.text.startswith("Nothing varies but the seed")


def test_parallel_coordinates_have_a_line_a_run_and_at_most_a_thousand() -> None:
    outcomes = made(made_plan({"beta": BETAS, "latent": [2, 8]}), failed=[0], waiting=[1])
    (drawing,) = parallels(outcomes)
    assert (
        sum(path.count("M") for path in re.findall(r'<path d="([^"]*)" style="fill:none', drawing.svg)[: 12 + 3]) >= 34
    )
    assert "34 runs" in drawing.caption
    many = made(made_plan({"beta": [0.01 * (number + 1) for number in range(400)]}))
    (drawing,) = parallels(many)
    assert "1,000 of 1,200 runs" in drawing.caption
    assert len(drawing.svg) < 150_000


def test_parallel_coordinates_leave_a_gap_where_a_run_has_no_value() -> None:
    plan = of_runs(
        [planned_run("vae", "mixture", {"model": "vae", "beta": beta}) for beta in (0.1, 1.0)]
        + [planned_run("gan", "mixture", {"model": "gan"})]
    )
    outcomes = tuple(done(Path("s"), run, {"precision": 50.0 + run.number}) for run in plan.runs)
    (drawing,) = parallels(outcomes)
    ET.fromstring(drawing.svg)
    assert not list(parallels(outcomes[:1]))


# --- scales and series -----------------------------------------------------------------------------------------------


def test_a_knob_of_a_large_span_has_a_logarithmic_axis_with_a_place_for_zero() -> None:
    scale = knob_scale([0.01, 0.1, 1.0], 0.0, 100.0)
    assert scale.at(0.1) - scale.at(0.01) == pytest.approx(scale.at(1.0) - scale.at(0.1))
    plain = knob_scale([1, 2, 3], 0.0, 100.0)
    assert plain.at(2) == pytest.approx(50)
    assert not knob_scale([-1.0, 0.01, 100.0], 0.0, 100.0).log
    zero = knob_scale([0.0, 0.01, 1.0], 0.0, 100.0)
    assert zero.at(0.0) < zero.at(0.01) < zero.at(1.0)
    assert zero.at(0.01) - zero.at(0.0) > 10
    assert knob_scale([1e-4, 1e-3], 0.0, 1.0, is_log=True).log


def test_words_stand_side_by_side_and_what_does_not_exist_has_no_place() -> None:
    scale = knob_scale(["adam", "sgd", None], 0.0, 100.0)
    assert (scale.at("adam"), scale.at("sgd")) == (25.0, 75.0)
    assert math.isnan(scale.at(None))
    assert math.isnan(knob_scale([1.0, 2.0, None], 0.0, 1.0).at(None))
    assert knob_scale([True, False], 0.0, 100.0).words == ("no", "yes")


def test_equal_or_missing_values_have_a_scale_too() -> None:
    for values in ([5.0, 5.0], [0.0], [], [math.nan], [1e-300, 1e-300]):
        scale = measure_scale(values, (), 100.0, 0.0)
        assert scale.high > scale.low
        assert all(math.isfinite(place) for place, _ in scale.marks(4))


def test_far_values_lie_outside_but_a_wide_spread_does_not() -> None:
    assert usual_range([1.0, 2.0, 3.0, 4.0, 1e6]) == (1.0, 4.0)
    assert usual_range([-1e6, 1.0, 2.0, 3.0, 4.0]) == (1.0, 4.0)
    assert usual_range([0.0, 0.0, 0.0, 10.0]) == (0.0, 10.0)
    assert usual_range([1.0, 10.0, 100.0]) == (1.0, 100.0)


def test_series_follow_the_weight_of_the_rate_and_else_the_knob_of_most_values() -> None:
    both = groups(made(made_plan({"latent": [2, 3, 4, 5], "beta": [1.0, 0.1]})))
    assert main_knob(both) == "beta"
    found = along(both, "beta")
    assert [each.label for each in found.series] == [f"latent dims {count}" for count in (2, 3, 4, 5)]
    assert [group.get("beta") for group in found.series[0].groups] == [0.1, 1.0]
    assert len({each.ink.slot for each in found.series}) == 4
    assert main_knob(groups(made(made_plan({"lr": [1e-4, 1e-3], "latent": [2, 3, 4]})))) == "latent"
    assert main_knob(groups(made(made_plan({"likelihood": ["gaussian"]})))) == ""


def test_more_series_than_lanes_have_a_ramp_with_a_legend_of_its_values() -> None:
    found = along(groups(made(made_plan({"latent": list(range(2, 12)), "beta": [0.1, 1.0]}))), "beta")
    assert [each.ink.shade for each in found.series] == pytest.approx([index / 9 for index in range(10)])
    assert (found.legend[0][0], found.legend[-1][0], len(found.legend)) == ("latent dims 2", "latent dims 11", 6)
    assert len({each.ink.style for each in found.series}) == 10
    assert found.note == ""
    three = along(groups(made(made_plan({"latent": [2, 3, 4], "lr": [1e-4, 1e-3], "beta": [0.1, 1.0]}))), "beta")
    assert three.note == " Colours tell latent dims apart, not lr."


def test_evenly_keeps_the_first_and_the_last() -> None:
    assert evenly(range(100), 5) == [0, 25, 50, 74, 99]
    assert evenly([1, 2], 5) == [1, 2]


def test_a_legend_longer_than_a_line_goes_on_below() -> None:
    plan = made_plan(
        {"hidden": ["512, 256, 128, 64, 32", "256, 128, 64, 32, 16", "128, 64, 32, 16, 8"], "beta": [0.1, 1.0]}
    )
    (drawing,) = drawings(planes(made(plan)))
    entries = [(x + LETTER_PX * len(words), y) for words, x, y, _ in texts(drawing) if words.startswith("hidden")]
    assert len({y for _, y in entries}) > 1
    assert max(right for right, _ in entries) <= drawing.width


def test_measures_with_infinite_or_missing_ends_can_be_drawn() -> None:
    plan = made_plan({"beta": [0.1, 1.0]}, seeds=[1])
    values = {"duplicates": Value(100.0, 50.0, math.inf, 10), "psnr": Value(math.inf), "ssim": Value(0.5)}
    outcomes = tuple(done(Path("s"), run, values) for run in plan.runs)
    for drawing in [*drawings(against_knobs(outcomes)), *parallels(outcomes)]:
        ET.fromstring(drawing.svg)
        assert not re.search(r"nan|inf\b", drawing.svg)


def test_an_interval_is_cut_at_the_edge_of_an_axis_and_has_a_cap_only_where_it_ends() -> None:
    scale = measure_scale([0.0, 10.0], (), 100.0, 0.0)
    low, high, ends = cut(scale, Value(5.0, 2.0, 400.0, 3))
    assert (low, high) == (scale.at(2.0), 0.0)
    assert ends == [low]
    assert cut(scale, Value(5.0, 2.0, 8.0, 3))[2] == [scale.at(2.0), scale.at(8.0)]


def test_marks_of_charts_stand_at_the_means_of_their_settings() -> None:
    plan = made_plan({"latent": [2, 3, 4]}, seeds=[1, 2])
    outcomes = made(plan, lambda run: {"psnr": 10.0 * float(run.value("latent") or 0) + run.seed})
    (drawing,) = drawings(against_knobs(outcomes))
    at, runs = dots(drawing, MARK * SIZE), dots(drawing, DOT * SIZE)
    assert (len(at), len(runs)) == (3, 6)
    assert at[1][0] - at[0][0] == pytest.approx(at[2][0] - at[1][0], abs=0.15)
    for (x, y), pair in zip(at, (runs[:2], runs[2:4], runs[4:]), strict=True):
        assert y == pytest.approx((pair[0][1] + pair[1][1]) / 2, abs=0.15)
        assert 0 < pair[0][0] - x < 8
    assert at[0][1] > at[1][1] > at[2][1]


def test_a_series_without_a_measure_takes_no_room_beside_the_others() -> None:
    plan = made_plan({"model": ["vae", "ae"], "lr": [1e-4, 1e-3]}, seeds=[1, 2])
    outcomes = made(plan, lambda run: {"rate": 3.0 + run.number} if run.model == "vae" else {"psnr": 20.0 + run.number})
    first = drawings(against_knobs(outcomes))[0]
    starts = [x for words, x, _, anchor in texts(first) if words == "0.0001" and anchor == "middle"]
    assert dots(first, MARK * SIZE)[0][0] == pytest.approx(starts[0], abs=0.15)
