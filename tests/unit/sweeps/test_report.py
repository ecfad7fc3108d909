"""The report of a sweep: one file that fetches nothing, says what is not finished, and stays small."""

from __future__ import annotations

import dataclasses
import re
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from core.exports.document import Code, Document, Drawing, Grid, Picture, Row, Words
from core.exports.palette import LIGHT
from core.foundation.files import write_file
from core.sweeps import contact, folder
from core.sweeps import report as sweep_report
from core.sweeps.contact import contact_sheet
from core.sweeps.outcome import Outcome
from core.sweeps.plan import Plan
from core.sweeps.report import document, report
from tests.sweeps_made import convex_values, made_outcomes, made_plan, made_sweep, samples_png, size_of, with_points

MADE = datetime(2026, 11, 30, 17, 0)


class Page(HTMLParser):
    """The tags of a page; every one that opens must close."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in ("meta", "img", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def blocks(made: Document, title: str) -> tuple[Any, ...]:
    return next((section.blocks for section in made.sections if section.title == title), ())


def words(made: Document, title: str) -> list[str]:
    return [block.text for block in blocks(made, title) if isinstance(block, Words)]


def facts(made: Document) -> dict[str, str]:
    return {row[0].text: row[1].text for row in blocks(made, "Sweep")[0].rows}


@pytest.fixture
def plan() -> Plan:
    return made_plan({"dataset": ["mnist", "faces"], "beta": [0.1, 1.0, 10.0, 50.0]})


@pytest.fixture
def outcomes(tmp_path: Path, plan: Plan) -> tuple[Outcome, ...]:
    return made_sweep(
        tmp_path / "sweep", plan, convex_values, failed=[4], waiting=[22, 23], samples=lambda run: samples_png(run)
    )


def test_one_file_that_fetches_nothing_and_runs_nothing(
    tmp_path: Path, plan: Plan, outcomes: tuple[Outcome, ...]
) -> None:
    text = report(tmp_path / "sweep", plan, outcomes, MADE)
    page = Page(text)
    assert page.open == []
    assert not {tag for tag, _ in page.tags} & {
        "script",
        "link",
        "iframe",
        "object",
        "embed",
        "base",
        "a",
        "image",
        "use",
    }
    for _, attributes in page.tags:
        assert not [name for name in attributes if name.startswith("on") or name in ("href", "srcset", "xlink:href")]
        assert attributes.get("src", "data:image/png;base64,").startswith("data:image/png;base64,")
    assert not re.search(r"://|url\(|@import", text)
    assert set(re.findall(r"var\(--([a-z0-9-]+)\)", text)) <= set(LIGHT)


def test_its_sections_and_title(tmp_path: Path, plan: Plan, outcomes: tuple[Outcome, ...]) -> None:
    made = document(tmp_path / "sweep", plan, outcomes, MADE)
    assert made.title == "VAE on MNIST, Faces over β"
    assert [section.title for section in made.sections] == [
        "Sweep",
        "Rate–distortion plane",
        "Measures against knobs",
        "Parallel coordinates",
        "Samples",
        "Settings",
        "Runs",
        "Failed",
        "Repeat it",
        "Made with",
    ]
    (code,) = (block for block in blocks(made, "Repeat it") if isinstance(block, Code))
    assert code.text == plan.words


def test_what_is_not_finished_and_what_failed_is_said(
    tmp_path: Path, plan: Plan, outcomes: tuple[Outcome, ...]
) -> None:
    made = document(tmp_path / "sweep", plan, outcomes, MADE)
    assert facts(made)["Runs"] == "24: 21 done, 1 failed, 2 waiting"
    assert facts(made)["Settings"] == "8, 3 seeds each"
    assert words(made, "Sweep")[0].startswith("Not finished: 2 of 24 runs are still to be trained.")
    (failed,) = blocks(made, "Failed")
    assert [cell.text for cell in failed.rows[0]] == [outcomes[4].run.name, outcomes[4].failure]
    complete = tuple(each for each in outcomes if each.state == "done")
    whole = document(tmp_path / "sweep", dataclasses.replace(plan, runs=plan.runs[:3]), complete[:3], MADE)
    assert words(whole, "Sweep") == []
    assert blocks(whole, "Failed") == ()


def test_a_sweep_of_which_nothing_is_done_has_a_report_too(tmp_path: Path, plan: Plan) -> None:
    waiting = tuple(Outcome(run, folder.folder_of(tmp_path, run)) for run in plan.runs)
    made = document(tmp_path, plan, waiting, MADE)
    assert [section.title for section in made.sections] == ["Sweep", "Runs", "Repeat it", "Made with"]
    Page(report(tmp_path, plan, waiting, MADE))


def test_settings_have_means_over_seeds_and_runs_their_own_values(
    tmp_path: Path, plan: Plan, outcomes: tuple[Outcome, ...]
) -> None:
    made = document(tmp_path / "sweep", plan, outcomes, MADE)
    grid = blocks(made, "Settings")[0]
    assert [cell.text for cell in grid.head] == ["Setting", "Seeds", "Distortion", "Rate", "−ELBO"]
    assert [row[1].text for row in grid.rows] == ["3", "2 of 3"] + ["3"] * 5 + ["1 of 3"]
    first = sum(outcome.value("rate") for outcome in outcomes[:3]) / 3
    assert float(grid.rows[0][3].text) == pytest.approx(first, abs=0.006)
    assert grid.rows[0][3].note.startswith("± ")
    assert grid.rows[-1][3].note == ""
    runs = blocks(made, "Runs")[0]
    assert [cell.text for cell in runs.rows[4]][:4] == ["4", "2", "failed", "40"]
    assert {cell.text for cell in runs.rows[4][5:]} == {"—"}
    assert runs.rows[0][6].text == f"{outcomes[0].value('rate'):.2f}"


def test_many_measures_are_split_over_tables_that_fit_a_page(tmp_path: Path) -> None:
    plan = made_plan({"beta": [0.1, 1.0]})
    names = ("distortion", "rate", "psnr", "ssim", "precision", "recall", "density", "mig")
    outcomes = made_outcomes(tmp_path, plan, lambda run: {name: 1.0 + run.number for name in names})
    made = document(tmp_path, plan, outcomes, MADE)
    grids = [block for block in blocks(made, "Settings") if isinstance(block, Grid)]
    assert [len(grid.head) - 2 for grid in grids] == [5, 3]
    runs = [block for block in blocks(made, "Runs") if isinstance(block, Grid)]
    assert all(len(grid.head) == len(row) for grid in (*grids, *runs) for row in grid.rows)


def test_why_measures_are_missing_is_said_once(tmp_path: Path) -> None:
    plan = made_plan({"beta": [0.1, 1.0]})
    why = {"psnr": "These are points, not images.", "ssim": "These are points, not images."}
    outcomes = [dataclasses.replace(each, missing=why) for each in made_outcomes(tmp_path, plan, convex_values)]
    found = words(document(tmp_path, plan, outcomes, MADE), "Runs")
    assert found[1:] == ["Without PSNR, SSIM: These are points, not images."]


def test_a_thousand_runs_stay_small_and_what_is_left_out_is_said(tmp_path: Path) -> None:
    betas = [round(0.01 * 1.025**power, 5) for power in range(334)]
    plan = made_plan({"beta": betas}, dataset="faces")
    outcomes = made_outcomes(tmp_path, plan, convex_values)
    made = document(tmp_path, plan, outcomes, MADE)
    assert "The first 300 of 1,002 runs; all are in sweep.csv." in words(made, "Runs")[0]
    assert "The first 300 of 334 settings; all are in sweep.json." in words(made, "Settings")[0]
    assert len(blocks(made, "Runs")[0].rows) == sweep_report.MOST_ROWS
    assert facts(made)["β"].startswith("334 values: 0.01, ")
    assert len(report(tmp_path, plan, outcomes, MADE)) < 1_500_000


def test_words_from_outside_are_text(tmp_path: Path) -> None:
    plan = dataclasses.replace(made_plan({"beta": [0.1, 1.0]}), words="<script>alert(1)</script>")
    outcomes = [
        dataclasses.replace(each, state="failed", failure="<img src=x onerror=y>")
        for each in made_outcomes(tmp_path, plan, convex_values)
    ]
    text = report(tmp_path, plan, outcomes, MADE)
    assert "<script" not in text
    assert "<img src=x" not in text
    assert "&lt;script&gt;" in text


# --- samples ---------------------------------------------------------------------------------------------------------


def test_few_settings_show_all_samples_enlarged_by_whole_numbers(tmp_path: Path) -> None:
    plan = made_plan({"beta": [0.1, 1.0]})
    outcomes = made_sweep(tmp_path, plan, convex_values, samples=lambda run: samples_png(run, 28))
    _, *pictures = contact_sheet(outcomes)
    assert [picture.caption for picture in pictures] == ["β 0.1", "β 1"]
    for picture, outcome in zip(pictures, outcomes[::3], strict=True):
        assert isinstance(picture, Picture)
        assert picture.png == folder.read_samples(outcome)
        assert picture.grey
        width, height = size_of(picture.png)
        assert (width, height) == (8 * 30 - 2, 2 * 30 - 2)
        assert (picture.width, picture.height) == (2 * width, 2 * height)


@pytest.mark.parametrize(("side", "colour", "columns", "zoom"), [(28, False, 6, 1), (32, True, 5, 1), (8, False, 8, 2)])
def test_many_settings_show_three_in_a_row_in_whole_columns(
    tmp_path: Path, side: int, colour: bool, columns: int, zoom: int
) -> None:
    plan = made_plan({"beta": [0.1 * (number + 1) for number in range(10)]}, seeds=[1])
    outcomes = made_sweep(tmp_path, plan, convex_values, samples=lambda run: samples_png(run, side, colour))
    _, row = contact_sheet(outcomes)
    assert isinstance(row, Row)
    assert len(row.blocks) == 10
    for picture in row.blocks:
        assert isinstance(picture, Picture)
        width, height = size_of(picture.png)
        assert width == columns * (side + 2) - 2
        assert (picture.width, picture.height) == (zoom * width, zoom * height)
        assert picture.width <= contact.SMALL_PX
        assert picture.grey != colour


def test_samples_of_more_settings_than_fit_are_chosen_evenly(tmp_path: Path) -> None:
    plan = made_plan({"beta": [0.1 * (number + 1) for number in range(90)]}, seeds=[1])
    outcomes = made_sweep(tmp_path, plan, convex_values, samples=lambda run: samples_png(run, 8))
    about, row = contact_sheet(outcomes)
    assert isinstance(about, Words)
    assert isinstance(row, Row)
    assert len(row.blocks) == 60
    assert "60 of 90 settings are shown" in about.text
    assert (row.blocks[0].caption, row.blocks[-1].caption) == ("β 0.1", "β 9")


def test_the_first_seed_with_samples_stands_for_its_setting_and_damaged_ones_are_left_out(tmp_path: Path) -> None:
    plan = made_plan({"beta": [0.1, 1.0, 2.0]})
    outcomes = made_sweep(tmp_path, plan, convex_values, failed=[0], samples=lambda run: samples_png(run))
    write_file(outcomes[3].folder / folder.SAMPLES, b"no picture")
    for outcome in outcomes[6:]:
        (outcome.folder / folder.SAMPLES).unlink()
    about, *pictures = contact_sheet(outcomes)
    assert isinstance(about, Words)
    assert [picture.png for picture in pictures if isinstance(picture, Picture)] == [folder.read_samples(outcomes[1])]
    assert [block for block in contact_sheet(outcomes[6:])] == [Words("No run has samples.")]


def test_points_are_drawn_as_points(tmp_path: Path) -> None:
    outcomes = [with_points(each) for each in made_outcomes(tmp_path, made_plan({"beta": [0.1, 1.0]}), convex_values)]
    _, row = contact_sheet(outcomes)
    assert isinstance(row, Row)
    for drawing in row.blocks:
        assert isinstance(drawing, Drawing)
        assert drawing.svg.count("h.01") == 200
