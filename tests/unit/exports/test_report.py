"""A report: the numbers that the program shows, the lines that repeat the runs, and nothing from outside."""

from __future__ import annotations

import base64
import dataclasses
import io
import re
from datetime import datetime
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest
from PIL import Image

from core.engine import measure_table
from core.exports import experiment_text, machine
from core.exports.command_line import train_command
from core.exports.document import Code, Document, Drawing, Grid, Picture, Row, Words
from core.exports.palette import DARK, LIGHT
from core.exports.report import SAMPLE_SEED, SAMPLES, report
from core.exports.report_html import html
from core.exports.reported_run import ReportedRun
from core.foundation.pixels import display
from core.metrics.base import METRICS
from core.theory.latent_space import prior
from core.training.saved import Turn
from core.verdicts import Verdict
from tests.unit.exports.conftest import MEASURES, Made

MADE = datetime(2026, 11, 28, 20, 15)
BAD = Verdict("holes", "warn", "Holes", "42 % of draws lie in <holes>.", "more than 20 %", "Try a VAE.")


class Page(HTMLParser):
    """What a browser would fetch, run or show."""

    VOID = ("meta", "img", "br")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.open: list[str] = []
        self.text: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


@pytest.fixture
def three(run_of: Made) -> list[ReportedRun]:
    """Three lanes on faces."""
    return [
        run_of("vae", "faces", 0, values=MEASURES, verdicts=(BAD,), beta=2.5),
        run_of("gan", "faces", 1, values={"proxy_fd": MEASURES["proxy_fd"]}),
        run_of("ae", "faces", 4, errors={"distortion": "ValueError: <b>\n" + "x" * 500}),
    ]


def blocks(document: Document, title: str) -> Any:
    return next(section.blocks for section in document.sections if section.title == title)


def test_one_file_that_fetches_nothing_and_runs_nothing(three: list[ReportedRun]) -> None:
    text = html(report(three, MADE))
    page = Page(text)
    assert page.open == []
    names = {tag for tag, _ in page.tags}
    assert not names & {"script", "link", "iframe", "object", "embed", "base", "form", "a", "image", "use"}
    for tag, attributes in page.tags:
        assert not [name for name in attributes if name.startswith("on") or name in ("href", "srcset", "xlink:href")]
        if "src" in attributes:
            assert tag == "img"
            assert attributes["src"].startswith("data:image/png;base64,")
    assert "://" not in text
    assert "url(" not in text
    assert "@import" not in text
    policy = next(each for _, each in page.tags if each.get("http-equiv") == "Content-Security-Policy")
    assert "default-src 'none'" in policy["content"]
    assert any(each.get("name") == "viewport" for _, each in page.tags)
    assert len(text) < 400_000
    figures = [each.get("class") for tag, each in page.tags if tag == "figure"]
    assert figures.count("chart") == 2  # they scroll on a phone; pictures shrink
    assert figures.count(None) == len(figures) - 2


def test_every_colour_is_there_by_day_by_night_and_on_paper(three: list[ReportedRun]) -> None:
    text = html(report(three, MADE))
    used = set(re.findall(r"var\(--([a-z0-9-]+)\)", text))
    assert {"lane-1", "lane-2", "lane-5", "warn"} <= used
    assert used <= set(LIGHT)
    assert set(LIGHT) == set(DARK)
    day, night, paper = re.findall(r":root \{ ([^}]*) \}", text)
    assert (f"--text:{LIGHT['text']};" in day, f"--text:{DARK['text']};" in night) == (True, True)
    assert day == paper
    assert text.index("prefers-color-scheme: dark") < text.index("@media print { :root")


def test_numbers_are_those_of_the_table_of_measures(three: list[ReportedRun]) -> None:
    document = report(three, MADE)
    grid = next(block for block in blocks(document, "Measures") if isinstance(block, Grid))
    assert [cell.text for cell in grid.head] == ["Measure", "VAE", "GAN", "AE"]
    assert [cell.lane for cell in grid.head] == [None, 0, 1, 4]
    by_name = {row[0].text: row for row in grid.rows}
    assert set(by_name) == {"Distortion", "Proxy-FD"}
    distortion, proxy = by_name["Distortion"], by_name["Proxy-FD"]
    assert (distortion[1].text, distortion[1].note) == ("123.46", "120.04 to 126.87")
    assert "nats; lower is better; 1,000 test images" in distortion[0].note
    assert [cell.text for cell in distortion[2:]] == ["—", "—"]
    assert proxy[1].note == "40.00 to 43.00, perfect 1.25"
    assert "2,500 samples against 2,500 real ones" in proxy[0].note
    assert [cell.strong for cell in proxy[1:]] == [False, False, False]  # both are 41.5: none is better
    lanes = [
        measure_table.Lane(name, run.model, run.dataset, run.measures, 25, 1.0)
        for name, run in zip(("VAE", "GAN", "AE"), three, strict=True)
    ]
    table = measure_table.markdown(lanes)
    for row in grid.rows:
        line = next(line for line in table.splitlines() if line.startswith(f"| {row[0].text}"))
        assert all(cell.text in line for cell in row)


def test_what_is_missing_says_why_once(three: list[ReportedRun]) -> None:
    words = [block.text for block in blocks(report(three, MADE), "Measures") if isinstance(block, Words)]
    everybody = next(text for text in words if "Only for points of a plane" in text)
    assert everybody.startswith("Without Modes caught")
    assert any(text.startswith("GAN without Distortion, Rate") for text in words)
    failed = next(text for text in words if "failed" in text)
    assert failed.startswith("AE without Distortion: it failed (ValueError: <b>")
    assert len(failed) < 200
    assert failed.isprintable()
    seen = sum(METRICS.get(name).title in " ".join(words) for name in METRICS.names())
    assert seen >= len(METRICS.names()) - 2


def test_verdicts_and_what_they_advise(three: list[ReportedRun]) -> None:
    first, second, third = blocks(report(three, MADE), "Verdicts")
    assert first == Words("VAE: Holes. 42 % of draws lie in <holes>. Try: Try a VAE.", "warn", 0)
    assert (second.text, third.text) == ("GAN: no verdict.", "AE: no verdict.")
    assert "in &lt;holes&gt;." in html(report(three, MADE))
    unconfirmed = dataclasses.replace(three[0], verdicts=(dataclasses.replace(BAD, is_confirmed=False),))
    assert blocks(report([unconfirmed], MADE), "Verdicts")[0].text == "VAE: no verdict."


def test_samples_and_reconstructions_are_the_pixels_of_the_model(three: list[ReportedRun]) -> None:
    document = report(three, MADE)
    pictures = [block for block in blocks(document, "Samples") if isinstance(block, Picture)]
    assert [picture.lane for picture in pictures] == [0, 1, 4]
    for run, picture in zip(three, pictures, strict=True):
        image = np.asarray(Image.open(io.BytesIO(picture.png)))
        shown = display(run.saved.snapshot().decode(prior(SAMPLES, 2, SAMPLE_SEED)))
        side = shown.shape[1]
        assert np.array_equal(image[:side, :side], shown[0])
        assert np.array_equal(image[-side:, -side:], shown[-1])
        assert picture.grey == (shown.ndim == 3)
    rebuilt = blocks(document, "Reconstructions")
    assert [block.lane for block in rebuilt if isinstance(block, Picture)] == [0, 4]
    assert Words("GAN has no encoder, so it reconstructs nothing.", lane=1) in rebuilt
    page = Page(html(document))
    sources = [each["src"] for tag, each in page.tags if tag == "img"]
    assert base64.b64decode(sources[0].partition(",")[2]) == pictures[0].png


def test_knobs_that_differ_from_their_defaults_stand_out(three: list[ReportedRun]) -> None:
    setup, model, _ = blocks(report(three, MADE), "Knobs")
    rows = {row[0].text: row[1:] for row in model.rows}
    assert [(cell.text, cell.strong) for cell in rows["KL weight β"]] == [("2.5", True), ("—", False), ("—", False)]
    assert [cell.text for cell in rows["Hidden layers"]] == ["16 units"] * 3
    assert {row[0].text: row[1].text for row in setup.rows}["Batch size"] == "16 images"


def test_the_lines_that_repeat_it(three: list[ReportedRun]) -> None:
    codes = [block for block in blocks(report(three, MADE), "Repeat it") if isinstance(block, Code)]
    assert [code.text for code in codes[:3]] == [train_command(run.experiment()) for run in three]
    assert "--beta 2.5" in codes[0].text
    whole = experiment_text.read(codes[3].text)
    assert [lane.model for lane in whole.lanes] == ["vae", "gan", "ae"]
    assert whole.lanes[0].config == three[0].saved.config
    assert whole.setup.batch == 16
    assert whole.setup.steps == 0


def test_what_a_command_cannot_repeat_is_said(run_of: Made) -> None:
    run = run_of("vae")
    saved = dataclasses.replace(
        run.saved, turns=(Turn(12, "beta", 2.0),), setup=dataclasses.replace(run.saved.setup, threads=0)
    )
    turned = dataclasses.replace(run, saved=saved)
    words = [block.text for block in blocks(report([turned], MADE), "Repeat it") if isinstance(block, Words)]
    assert "beta at step 12" in words[0]
    assert "threads" in words[1]
    known = dataclasses.replace(turned, threads=3)
    codes = [block.text for block in blocks(report([known], MADE), "Repeat it") if isinstance(block, Code)]
    assert "--threads 3" in codes[0]


def test_points_of_a_plane_and_other_data_beside_them(run_of: Made) -> None:
    document = report([run_of("vae", slot=0), run_of("gan", slot=1), run_of("ae", "faces", 2)], MADE)
    planes = next(block for block in blocks(document, "Samples") if isinstance(block, Row))
    assert [drawing.lane for drawing in planes.blocks] == [0, 1]
    assert document.title == "VAE, GAN, AE on 8 Gaussians, Faces"
    codes = [block for block in blocks(document, "Repeat it") if isinstance(block, Code)]
    assert len(codes) == 3  # no text of the whole: the lanes have no data in common
    charts = [block for block in blocks(document, "Curves") if isinstance(block, Drawing)]
    assert len(charts) == 2
    assert "VAE: −ELBO" in charts[0].svg
    assert "AE: Distortion" in charts[0].svg
    assert "GAN: D" in charts[1].svg
    Page(html(document))


def test_data_that_changed_are_named(run_of: Made) -> None:
    run = run_of("ae")
    saved = dataclasses.replace(run.saved, data={**run.saved.data, "sha256": "0" * 64})
    words = [block for block in blocks(report([dataclasses.replace(run, saved=saved)], MADE), "Data and lanes")]
    assert any(isinstance(block, Words) and block.tone == "warn" and "other points" in block.text for block in words)


def test_names_from_outside_are_text(run_of: Made) -> None:
    run = run_of("ae")
    hostile = dataclasses.replace(run.dataset, title='<script>alert("x")</script>', class_names=("<img src=x>",))
    text = html(report([dataclasses.replace(run, dataset=hostile)], MADE))
    assert "<script" not in text
    assert "<img src=x" not in text
    assert "&lt;script&gt;" in text


def test_program_and_machine() -> None:
    facts = dict(machine.facts())
    assert re.match(r"Latent Playground \d", facts["Program"])
    assert re.search(r"Python 3\.\d+.*torch 2\.\d+.*numpy \d", facts["With"])
    assert "cores" in facts["Processor"]
