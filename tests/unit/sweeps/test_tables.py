"""The tables of a sweep say what its results say, to the last bit."""

from __future__ import annotations

import csv
import io
import json
import math
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from core.sweeps.outcome import Outcome, Value
from core.sweeps.tables import csv_of, json_of, measure_names
from tests.sweeps_made import convex_values, done, made_outcomes, made_plan, of_runs, planned_run


def rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode())))


def test_a_row_a_run_with_values_that_read_back_to_the_last_bit() -> None:
    plan = made_plan({"beta": [0.1, 1e-05, 10.0], "latent": [2, 8]})
    outcomes = made_outcomes(Path("sweep"), plan, convex_values, failed=[1], waiting=[2])
    table = rows(csv_of(plan, outcomes))
    assert [int(row["run"]) for row in table] == list(range(18))
    assert list(table[0])[:8] == ["run", "folder", "beta", "latent", "seed", "state", "step", "seconds"]
    for row, outcome in zip(table, outcomes, strict=True):
        assert (float(row["beta"]), int(row["latent"])) == (outcome.run.value("beta"), outcome.run.value("latent"))
        assert (int(row["seed"]), row["state"], row["folder"]) == (outcome.run.seed, outcome.state, outcome.run.name)
        for name in ("rate", "distortion", "negative_elbo"):
            if outcome.state != "done":
                assert row[name] == row[f"{name}_low"] == row[f"{name}_n"] == ""
                continue
            value = outcome.values[name]
            assert (float(row[name]), float(row[f"{name}_low"]), float(row[f"{name}_high"])) == (
                value.value,
                value.low,
                value.high,
            )
            assert int(row[f"{name}_n"]) == value.n
    assert table[1]["failure"] == outcomes[1].failure != ""
    assert {row["failure"] for row in table if row["state"] != "failed"} == {""}


def test_what_is_not_known_is_empty_and_null() -> None:
    plan = made_plan({"beta": [0.5, 1.0]}, seeds=[3])
    outcomes = (
        done(Path("s"), plan.runs[0], {"psnr": Value(math.nan), "rate": Value(1.5, math.nan, math.inf, 3)}),
        done(Path("s"), plan.runs[1], {}),
    )
    first, second = rows(csv_of(plan, outcomes))
    assert (first["psnr"], first["rate"], first["rate_low"], first["rate_high"]) == ("", "1.5", "", "")
    assert second["rate"] == ""
    content = json.loads(json_of(plan, outcomes))
    assert content["runs"][0]["values"]["rate"] == {"value": 1.5, "low": None, "high": None, "n": 3}
    assert content["settings"][0]["means"] == {"rate": {"value": 1.5, "low": None, "high": None, "n": 1}}


def test_a_knob_that_a_model_lacks_is_empty_and_one_named_like_a_column_keeps_its_dashes() -> None:
    plan = of_runs(
        [
            planned_run("vae", "mixture", {"model": "vae", "beta": 2.0, "seconds": 9.0}),
            planned_run("gan", "mixture", {"model": "gan", "seconds": 3.0}),
        ]
    )
    outcomes = tuple(Outcome(run, Path("s")) for run in plan.runs)
    first, second = rows(csv_of(plan, outcomes))
    assert (first["beta"], second["beta"]) == ("2.0", "")
    assert (first["--seconds"], first["seconds"]) == ("9.0", "0.0")
    assert (first["model"], second["model"]) == ("vae", "gan")


def test_texts_with_commas_quotes_and_lines_stay_in_their_field() -> None:
    plan = made_plan({"hidden": ["256, 128", "16"]}, seeds=[1])
    failure = 'it said "no", twice\nand ended'
    outcomes = tuple(Outcome(run, Path("s"), "failed", failure=failure) for run in plan.runs)
    first, second = rows(csv_of(plan, outcomes))
    assert (first["hidden"], second["hidden"]) == ("256, 128", "16")
    assert first["failure"] == failure


def test_json_has_words_runs_and_means_over_seeds() -> None:
    plan = made_plan({"beta": [0.1, 1.0]}, seeds=[1, 2, 3, 4])
    outcomes = made_outcomes(Path("sweep"), plan, convex_values, failed=[0])
    content = json.loads(json_of(plan, outcomes))
    assert (content["words"], content["varied"]) == (plan.words, ["beta", "seed"])
    assert [run["state"] for run in content["runs"]] == ["failed"] + ["done"] * 7
    for setting in content["settings"]:
        values = [outcomes[number].value("rate") for number in setting["runs"] if outcomes[number].state == "done"]
        low, high = stats.t.interval(0.95, len(values) - 1, np.mean(values), stats.sem(values))
        mean = setting["means"]["rate"]
        assert (mean["value"], mean["n"]) == (pytest.approx(np.mean(values)), len(values))
        assert (mean["low"], mean["high"]) == (pytest.approx(low, rel=1e-3), pytest.approx(high, rel=1e-3))
    assert [setting["words"] for setting in content["settings"]] == ["β 0.1", "β 1"]


def test_measures_come_in_the_order_of_the_menus_and_unknown_ones_last() -> None:
    plan = made_plan({"beta": [1.0]}, seeds=[1])
    outcomes = (done(Path("s"), plan.runs[0], {"my_own": 1.0, "psnr": 2.0, "distortion": 3.0}),)
    assert measure_names(outcomes) == ("distortion", "psnr", "my_own")
