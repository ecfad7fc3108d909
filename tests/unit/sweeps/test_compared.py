"""Differences between saved runs: paired where they can be, and never surer than they are."""

from __future__ import annotations

import argparse
import dataclasses
import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from core.cli import compare as command
from core.cli.options import print_progress
from core.datasets.base import SOURCES, DataError, describe, load
from core.engine import run_folder
from core.engine.run_folder import SavedRun
from core.evaluation.real_side import RealSide
from core.exports.measured_run import measure
from core.exports.report_html import html
from core.foundation.params import changed
from core.foundation.user_error import UserError
from core.metrics.base import Measured, mean_of
from core.sweeps import compared
from core.sweeps.compared import Compared, MeasuredRun, Setting, compare, compared_measure, paired, welch
from core.sweeps.compared_words import document, text
from tests.unit.exports.saved_runs import points, saved_run

Numbers = Sequence[float]


@pytest.fixture(scope="module")
def saved() -> SavedRun:
    """A small run on points that the program can load again."""
    source = SOURCES.get("mixture").Config(train_images=1000)  # type: ignore[call-arg]
    data = load("mixture", source)
    return dataclasses.replace(saved_run("vae", data), data=describe(data, source))


def of(saved: SavedRun, seed: int = 1, steps: int = 5, **knobs: Any) -> SavedRun:
    """The run as if it had been trained with another seed and other knobs."""
    config = saved.config
    for name, value in knobs.items():
        config = changed(config, name, value)
    setup = dataclasses.replace(saved.setup, seed=seed)
    return dataclasses.replace(saved, config=config, setup=setup, step=steps)


def setting(saved: SavedRun, values: Mapping[int, float | Measured], name: str = "distortion") -> Setting:
    """Runs with a measure by seed."""
    runs = (
        MeasuredRun(
            Path(f"run-{seed}"), of(saved, seed), {name: each if isinstance(each, Measured) else Measured(each)}, {}
        )
        for seed, each in values.items()
    )
    return Setting("VAE", tuple(runs))


def test_pairs_of_seeds_have_the_interval_of_a_paired_t_test(saved: SavedRun) -> None:
    random = np.random.default_rng(0)
    base = random.normal(100, 30, 6)  # seeds differ far more than settings do
    other = base + random.normal(2, 0.5, 6)
    found = compared_measure(
        "distortion", setting(saved, dict(enumerate(other.tolist()))), setting(saved, dict(enumerate(base.tolist())))
    )
    assert found is not None
    expected = stats.ttest_rel(other, base).confidence_interval(0.95)
    assert (found.value.low, found.value.high) == (
        pytest.approx(expected.low, rel=1e-3),
        pytest.approx(expected.high, rel=1e-3),
    )
    assert (found.kind, found.value.n, found.seeds) == ("paired", 6, (0, 1, 2, 3, 4, 5))
    assert found.verdict == "higher, worse"
    assert welch(other, base).low < 0  # without pairs it would not be seen


def test_only_shared_seeds_are_paired(saved: SavedRun) -> None:
    one, base = {1: 5.0, 2: 6.0, 9: 100.0}, {2: 4.0, 1: 2.0, 7: -50.0}
    found = compared_measure("distortion", setting(saved, one), setting(saved, base))
    assert found is not None
    assert (found.value.value, found.value.n, found.seeds) == (2.5, 2, (1, 2))


def test_other_seeds_have_the_interval_of_welch(saved: SavedRun) -> None:
    random = np.random.default_rng(1)
    one, other = random.normal(10, 1, 4), random.normal(5, 3, 7)
    found = compared_measure(
        "rate",
        setting(saved, dict(enumerate(one.tolist())), "rate"),
        setting(saved, {50 + index: value for index, value in enumerate(other.tolist())}, "rate"),
    )
    assert found is not None
    expected = stats.ttest_ind(one, other, equal_var=False).confidence_interval(0.95)
    assert (found.value.low, found.value.high) == (
        pytest.approx(expected.low, rel=1e-2),
        pytest.approx(expected.high, rel=1e-2),
    )
    assert found.kind == "unpaired"


def test_one_run_each_is_paired_image_by_image(saved: SavedRun) -> None:
    random = np.random.default_rng(2)
    base = random.normal(100, 20, 50)
    other = base + random.normal(-1, 0.5, 50)
    found = compared_measure("distortion", setting(saved, {1: mean_of(other)}), setting(saved, {4: mean_of(base)}))
    assert found is not None
    expected = stats.ttest_rel(other, base).confidence_interval(0.95)
    assert (found.value.low, found.value.high) == (
        pytest.approx(expected.low, rel=1e-3),
        pytest.approx(expected.high, rel=1e-3),
    )
    assert (found.kind, found.value.n, found.verdict) == ("images", 50, "lower, better")


def test_samples_are_not_paired_image_by_image_and_have_no_interval(saved: SavedRun) -> None:
    values = mean_of(np.arange(20.0)), mean_of(np.arange(20.0) + 1)
    found = compared_measure("precision", *(setting(saved, {1: each}, "precision") for each in values))
    assert found is not None
    assert (found.kind, found.verdict) == ("none", "too few seeds for an interval")
    assert found.value.value == pytest.approx(-1)
    assert compared_measure("rate", setting(saved, {1: 2.0}), setting(saved, {1: 2.0}, "rate")) is None


def test_a_difference_is_said_only_where_the_interval_leaves_zero_out(saved: SavedRun) -> None:
    noise = setting(saved, {1: 1.0, 2: 3.0, 3: 2.0}), setting(saved, {1: 2.0, 2: 1.0, 3: 3.0})
    found = compared_measure("distortion", *noise)
    assert found is not None
    assert (found.is_shown, found.verdict) == (False, "no difference shown")
    neither = compared_measure(
        "rate", *(setting(saved, values, "rate") for values in ({1: 5.0, 2: 5.1}, {1: 1.0, 2: 1.2}))
    )
    assert neither is not None
    assert neither.verdict == "higher"  # a rate is neither better nor worse


def test_values_that_are_not_finite_make_no_pair(saved: SavedRun) -> None:
    one = {1: math.nan, 2: 3.0, 3: 4.0, 4: math.inf}
    found = compared_measure("distortion", setting(saved, one), setting(saved, {1: 1.0, 2: 1.0, 3: 1.5, 4: 9.0}))
    assert found is not None
    assert found.seeds == (2, 3)


def test_equal_differences_have_no_interval_unless_they_are_zero() -> None:
    assert math.isnan(paired(np.array([1.0, 1.0, 1.0])).low)
    assert (paired(np.zeros(3)).low, paired(np.zeros(3)).high) == (0.0, 0.0)
    assert math.isnan(welch(np.array([1.0, 1.0]), np.array([2.0, 2.0])).low)
    assert welch(np.ones(2), np.ones(3)).high == 0.0


# --- folders ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Measures that take no time: distortion rises with β and with the seed, precision of seed 3 fails."""

    def made(run: SavedRun, *_: object, **__: object) -> tuple[dict[str, Measured], dict[str, str]]:
        beta, seed = float(getattr(run.config, "beta", 0.0)), run.setup.seed
        answers = {
            "distortion": Measured(10 * seed + beta + 0.01 * seed * beta),
            "precision": Measured(50.0 + seed % 2),
        }
        return answers, {"precision": "ValueError: no"} if seed == 3 else {}

    monkeypatch.setattr(compared, "measure", made)


def written(folder: Path, runs: Mapping[str, SavedRun]) -> list[Path]:
    for name, run in runs.items():
        run_folder.save(folder / name, run)
    return [folder / name for name in runs]


def test_runs_are_settings_by_everything_but_their_seed(tmp_path: Path, saved: SavedRun, quick: None) -> None:
    last = of(saved, 2, beta=4.0)
    other_end = dataclasses.replace(last, setup=dataclasses.replace(last.setup, threads=3, steps=7, device="auto"))
    runs = {"a": of(saved, 1), "b": of(saved, 1, beta=4.0), "c": of(saved, 2), "d": other_end}
    found = compare(written(tmp_path, runs), "prior", print_progress)
    assert [each.words for each in found.settings] == ["VAE, β 1", "VAE, β 4"]
    assert [each.seeds for each in found.settings] == [(1, 2), (1, 2)]
    by_name = {each.measure: each for each in found.differences(found.settings[1])}
    assert by_name["distortion"].value.value == pytest.approx(3.045)
    assert by_name["distortion"].verdict == "higher, worse"
    assert by_name["precision"].verdict == "no difference shown"


def test_runs_that_differ_in_their_steps_alone_are_compared_too(tmp_path: Path, saved: SavedRun, quick: None) -> None:
    found = compare(written(tmp_path, {"a": of(saved, 1), "b": of(saved, 1, steps=3)}), "prior", print_progress)
    assert [each.words for each in found.settings] == ["VAE, 5 steps", "VAE, 3 steps"]


def test_what_cannot_be_compared_is_refused_in_a_sentence(tmp_path: Path, saved: SavedRun, quick: None) -> None:
    a, b, c = written(tmp_path, {"a": of(saved, 1), "b": of(saved, 2), "c": of(saved, 1)})
    with pytest.raises(UserError, match="it takes two runs"):
        compare([a], "prior", print_progress)
    with pytest.raises(UserError, match="named twice"):
        compare([a, b, tmp_path / "b" / ".." / "a"], "prior", print_progress)
    with pytest.raises(UserError, match="differ in their seed alone"):
        compare([a, b], "prior", print_progress)
    with pytest.raises(UserError, match="same knobs and the same seed"):
        compare([a, b, c], "prior", print_progress)
    (other,) = written(tmp_path, {"other": saved_run("ae", points())})
    with pytest.raises(UserError, match=r"other was trained on other data than .*a;"):
        compare([a, other], "prior", print_progress)


def test_data_that_changed_since_are_refused(tmp_path: Path, saved: SavedRun, quick: None) -> None:
    runs = {"a": of(saved, 1), "b": of(saved, 1, beta=2.0)}
    old = {name: dataclasses.replace(run, data={**run.data, "sha256": "0" * 64}) for name, run in runs.items()}
    with pytest.raises(DataError, match="other points"):
        compare(written(tmp_path, old), "prior", print_progress)


def test_only_the_measures_that_are_asked_for_are_measured(saved: SavedRun) -> None:
    data = load("mixture", SOURCES.get("mixture").Config(train_images=1000))  # type: ignore[call-arg]
    answers, errors = measure(saved, RealSide(data), "prior", print_progress, ("rate", "psnr"))
    assert (list(answers), errors) == (["rate"], {})


# --- words -----------------------------------------------------------------------------------------------------------


def made(saved: SavedRun) -> Compared:
    base, other = setting(saved, {1: 10.0, 2: 20.0, 3: 33.0}), setting(saved, {1: 12.1, 2: 22.0, 3: 34.9})
    return Compared(
        "Points", (dataclasses.replace(base, words="VAE, β 1"), dataclasses.replace(other, words="VAE, β 4"))
    )


def test_the_text_names_baseline_difference_interval_and_verdict(saved: SavedRun) -> None:
    lines = text(made(saved), "prior").splitlines()
    assert lines[0].startswith("On Points, against VAE, β 1 (seeds 1, 2, 3; 5 steps).")
    line = next(line for line in lines if line.startswith("Distortion"))
    assert line.split() == ["Distortion,", "nats", "21.00", "23.00", "+2.00", "1.75", "to", "2.25", "higher,", "worse"]
    assert any("Paired by seed" in each and "Seeds in pairs: 3" in each for each in lines)


def test_the_report_is_one_page_that_fetches_nothing(saved: SavedRun) -> None:
    whole = made(saved)
    failing = dataclasses.replace(whole.settings[1].runs[0], errors={"rate": "ValueError: <b>"})
    settings = whole.settings[0], dataclasses.replace(whole.settings[1], runs=(failing,))
    page = html(document(Compared("Points", settings), "prior", datetime(2026, 11, 30)))
    assert "<h1>VAE, β 4 against VAE, β 1 on Points</h1>" in page
    assert "Rate of run-1 failed (ValueError: &lt;b&gt;)." in page
    assert "too few seeds for an interval" in page
    assert "latent-playground compare run-1 run-2 run-3" in page
    assert "://" not in page


def test_the_command_prints_writes_and_says_whether_a_measure_failed(
    tmp_path: Path, saved: SavedRun, quick: None, capsys: pytest.CaptureFixture[str]
) -> None:
    parser = argparse.ArgumentParser()
    command.add(parser.add_subparsers())
    runs = {f"{beta}-{seed}": of(saved, seed, beta=beta) for beta in (1.0, 4.0) for seed in (1, 2)}
    folders, out = written(tmp_path, runs), tmp_path / "report.html"
    options = parser.parse_args(["compare", *map(str, folders), "--out", str(out)])
    assert options.command(options) == 0
    assert "VAE, β 4 (seeds 1, 2; 5 steps):" in capsys.readouterr().out
    assert "no difference shown" in out.read_text("utf-8")
    failing = written(tmp_path, {"x": of(saved, 3), "y": of(saved, 3, beta=2.0)})
    options = parser.parse_args(["compare", *map(str, failing)])
    assert options.command(options) == 1


@pytest.mark.parametrize("out", ["report.pdf", "nowhere/report.html"])
def test_a_place_that_cannot_be_is_refused_first(out: str) -> None:
    parser = argparse.ArgumentParser()
    command.add(parser.add_subparsers())
    options = parser.parse_args(["compare", "a", "b", "--out", out])
    with pytest.raises(UserError, match="--out"):
        options.command(options)
