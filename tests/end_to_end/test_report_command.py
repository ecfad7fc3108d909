"""``report`` as a person gives it: HTML and PDF of saved runs, and one sentence for what cannot be."""

from __future__ import annotations

import re
import zlib
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from core.cli.main import main
from core.foundation.files import FileError
from tests.fakes import fakes

Captured = pytest.CaptureFixture[str]

FAST = ("--device", "cpu", "--threads", "1", "--network", "mlp", "--batch", "16", "--hidden", "16", "--steps", "20")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp("runs")
    for model in ("vae", "gan"):
        words = ("--model", model, "--dataset", "shapes", "--train-images", "1000", "--out", str(folder / model))
        assert main(["train", *FAST, *words]) == 0
    return [str(folder / "vae"), str(folder / "gan")]


def test_html_of_two_runs_repeats_the_numbers_of_train(runs: list[str], tmp_path: Path, capsys: Captured) -> None:
    out = tmp_path / "a report.html"
    with fakes():
        capsys.readouterr()
        assert main(["evaluate", runs[0]]) == 0
        evaluated = capsys.readouterr().out
        assert main(["report", *runs, "--out", str(out)]) == 0
    assert capsys.readouterr().out == f"The report is in {out}\n"
    text = out.read_text("utf-8")
    distortion = re.search(r"Distortion +([\d,.]+)", evaluated)
    assert distortion is not None
    assert f"{distortion[1]}<small>" in text or f"{distortion[1]}</strong><small>" in text
    assert "latent-playground train --model vae --dataset shapes" in text
    assert text.endswith("</html>\n")


def test_pdf_has_words_vectors_and_pictures(runs: list[str], tmp_path: Path, qapp: QApplication) -> None:
    out = tmp_path / "report.pdf"
    with fakes():
        assert main(["report", runs[0], "--out", str(out)]) == 0
    content = out.read_bytes()
    assert content.startswith(b"%PDF-")
    assert content.rstrip().endswith(b"%%EOF")
    assert len(re.findall(rb"/Type\s*/Page\b", content)) >= 2
    assert b"/Subtype /Image" in content
    assert b"/FontFile" in content  # letters, not pictures of letters
    drawn = b""
    for stream in re.findall(rb"stream\r?\n(.*?)endstream", content, re.DOTALL):
        try:
            drawn += zlib.decompress(stream)
        except zlib.error:  # a picture, stored otherwise
            continue
    assert len(re.findall(rb"[\d.]+ [\d.]+ l\n", drawn)) > 10  # curves are lines


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("report.txt",), "neither .html nor .pdf"),
        (("missing/report.html",), "there is no folder"),
        (("report.html", "--sampler", "dice"), "'dice' is not one of prior"),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_measured(
    words: tuple[str, ...], sentence: str, runs: list[str], tmp_path: Path, capsys: Captured
) -> None:
    assert main(["report", runs[0], "--out", str(tmp_path / words[0]), *words[1:]]) == 2
    said = capsys.readouterr().err
    assert sentence in said
    assert said.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_runs_that_are_none_or_too_many(runs: list[str], tmp_path: Path, capsys: Captured) -> None:
    assert main(["report", str(tmp_path), "--out", str(tmp_path / "r.html")]) == 2
    assert main(["report", *runs * 3, "--out", str(tmp_path / "r.html")]) == 2
    assert "at most 5 runs, not 6" in capsys.readouterr().err


def test_a_full_disk_is_told(
    runs: list[str], tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, content: bytes) -> None:
        raise FileError(f"cannot write {path}: No space left on device; choose another place")

    monkeypatch.setattr("core.foundation.files.write_file", full)
    with fakes():
        assert main(["report", runs[0], "--out", str(tmp_path / "r.html")]) == 2
    assert "No space left" in capsys.readouterr().err
