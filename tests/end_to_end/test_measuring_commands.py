"""``evaluate`` and ``reproduce`` as a person or a program gives them."""

from __future__ import annotations

import functools
import json
import multiprocessing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.cli import main as cli
from core.cli.main import main
from core.evaluation import classifier
from core.metrics.base import METRICS
from core.reproduction import report
from core.reproduction.likelihoods import identities
from core.reproduction.rows import Log, Row, Section
from core.training import devices
from tests.fakes import fakes

Captured = pytest.CaptureFixture[str]

FAST = ("--device", "cpu", "--threads", "1", "--network", "mlp", "--batch", "32", "--hidden", "32")


@pytest.fixture(scope="module")
def points(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "points"
    words = ("--model", "vae", "--dataset", "mixture", "--train-images", "1000", "--steps", "60", "--out", str(folder))
    assert main(["train", *FAST, *words]) == 0
    return folder


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "images"
    words = ("--model", "gan", "--dataset", "shapes", "--train-images", "1000", "--steps", "20", "--out", str(folder))
    assert main(["train", *FAST, *words]) == 0
    return folder


def found(folder: Path, capsys: Captured, *words: str) -> dict[str, Any]:
    capsys.readouterr()
    assert main(["evaluate", str(folder), "--json", *words]) == 0
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    return answer


def test_one_test_image_of_one_class_is_measured_or_it_says_why_not(capsys: Captured, tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    for part, count in (("train", 40), ("t10k", 1)):
        for kind, numbers in (
            ("images-idx3", random.integers(0, 256, (count, 28, 28), np.uint8)),
            ("labels-idx1", np.zeros(count, np.uint8)),
        ):
            sizes = b"".join(size.to_bytes(4, "big") for size in numbers.shape)
            header = b"\0\0\x08" + bytes([numbers.ndim]) + sizes
            (tmp_path / f"{part}-{kind}-ubyte").write_bytes(header + numbers.tobytes())
    folder = tmp_path / "run"
    words = ("--model", "vae", "--dataset", "idx", "--data", str(tmp_path), "--steps", "5", "--out", str(folder))
    assert main(["train", *FAST, *words]) == 0
    answer = found(folder, capsys)  # ends with 0: no measure failed
    assert answer["test_images"] == 1
    missing = answer["not_measured"]
    assert missing["proxy_fd"] == "It takes at least 2 test images, and there is only 1."
    assert missing["classes_caught"] == missing["label_kl"] == "All training images have the same label."
    assert {"distortion", "negative_elbo", "inference_gap", "memorisation", "hole_share"} <= set(answer["measures"])
    assert answer["measures"]["distortion"]["interval_95"] is None


def test_every_measure_of_points(points: Path, capsys: Captured) -> None:
    answer = found(points, capsys)
    assert (answer["model"], answer["step"], answer["test_images"]) == ("vae", 60, 200)
    assert set(answer["measures"]) | set(answer["not_measured"]) == set(METRICS.names())
    assert {"distortion", "rate", "negative_elbo", "log_px", "modes", "plane_kl"} <= set(answer["measures"])
    elbo = answer["measures"]["negative_elbo"]
    assert elbo["n"] == 200  # all test points
    assert elbo["interval_95"][0] < elbo["value"] < elbo["interval_95"][1]
    assert elbo["unit"] == "nats"
    modes = answer["measures"]["modes"]
    assert (modes["n"], modes["floor"], modes["sampler"]) == (2500, 8, "prior")
    assert all(each["value"] is not None and each["cost_seconds"] >= 0 for each in answer["measures"].values())
    assert all(reason for reason in answer["not_measured"].values())


def test_the_same_again(points: Path, capsys: Captured) -> None:
    def values() -> dict[str, float]:
        return {name: each["value"] for name, each in found(points, capsys)["measures"].items()}

    assert values() == values()


def test_a_gan_on_images(images: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    """The classifier of these data is taught on the way, in three passes instead of thirty."""
    monkeypatch.setattr(classifier, "MOST_PASSES", 3)
    answer = found(images, capsys)
    assert {"proxy_fd", "precision", "recall", "density", "coverage", "classes_caught"} <= set(answer["measures"])
    assert "likelihood" in answer["not_measured"]["negative_elbo"]
    assert "points" in answer["not_measured"]["modes"]


def test_where_z_comes_from(points: Path, capsys: Captured) -> None:
    prior, codes = found(points, capsys), found(points, capsys, "--sampler", "codes")
    assert codes["measures"]["modes"]["sampler"] == "codes"
    assert codes["measures"]["sliced_wasserstein"]["value"] != prior["measures"]["sliced_wasserstein"]["value"]
    assert codes["measures"]["rate"]["value"] == prior["measures"]["rate"]["value"]


def test_what_is_said_of_it(tmp_path: Path, capsys: Captured) -> None:
    """A VAE whose beta is far too large says nothing with its code."""
    words = ("--model", "vae", "--beta", "50", "--dataset", "shapes", "--train-images", "1000", "--steps", "520")
    assert main(["train", *FAST, *words, "--out", str(tmp_path)]) == 0
    with fakes(kept=("rate_per_dimension",)):
        said = {each["name"]: each for each in found(tmp_path, capsys)["verdicts"]}
    assert "0.01 nat" in said["posterior_collapse"]["sentence"]
    assert "β" in said["posterior_collapse"]["try"]


def test_as_a_table(points: Path, capsys: Captured) -> None:
    capsys.readouterr()
    assert main(["evaluate", str(points)]) == 0
    out = capsys.readouterr().out
    assert "Variational autoencoder on 8 Gaussians, step 60, 200 test points" in out
    assert "−ELBO" in out
    assert "Modes caught" in out


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("/nowhere/at/all",), "is not a folder"),
        (("--sampler", "dice"), "'dice' is not one of prior, raw, gaussian, gmm, codes"),
    ],
)
def test_what_cannot_be_evaluated(words: tuple[str, ...], why: str, points: Path, capsys: Captured) -> None:
    given = words if len(words) == 1 else (str(points), *words)
    assert main(["evaluate", *given]) == 2
    assert why in capsys.readouterr().err


# --- reproduce -------------------------------------------------------------------------------------------------------


def test_a_report(tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "PARTS", (identities,))
    assert main(["reproduce", "--quick", "--out", str(tmp_path / "new" / "folder")]) == 0
    text = (tmp_path / "new" / "folder" / "report.md").read_text()
    assert "| D = ½ everywhere | loss of D, nats | 1.3863 | 2 ln 2 = 1.3863 |" in text
    assert text.count("agrees |\n") == 4
    plain = json.loads((tmp_path / "new" / "folder" / "report.json").read_text())
    assert plain["quick"] is True
    assert [row["agrees"] for row in plain["sections"][0]["rows"]] == [True] * 4
    assert "0 of 4 rows disagree" in capsys.readouterr().out


def test_parts_run_beside_each_other(tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "PARTS", (identities, identities))
    monkeypatch.setattr(devices, "cores", lambda: 2)
    assert main(["reproduce", "--quick", "--out", str(tmp_path)]) == 0
    plain = json.loads((tmp_path / "report.json").read_text())
    assert [len(section["rows"]) for section in plain["sections"]] == [4, 4]
    assert plain["sections"][0] == plain["sections"][1]
    assert multiprocessing.active_children() == []


def test_a_row_that_differs(tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    def part(quick: bool, threads: int, log: Log) -> Section:
        row = Row("a setting", "loss|rate", "7.0", "6.0", "a paper", "within 0.5", agrees=False)
        return Section("A part", "Words.", (row,), (("some.svg", "<svg/>"),))

    monkeypatch.setattr(report, "PARTS", (part,))
    assert main(["reproduce", "--out", str(tmp_path)]) == 1
    assert "a setting, loss|rate: 7.0 against 6.0 (within 0.5)" in capsys.readouterr().out
    assert "loss\\|rate | 7.0 | 6.0 | a paper | within 0.5 | **differs** |" in (tmp_path / "report.md").read_text()
    assert (tmp_path / "some.svg").read_text() == "<svg/>"


def test_a_place_that_cannot_be_written(tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / "file").write_text("")
    assert main(["reproduce", "--out", str(tmp_path / "file")]) == 2
    assert "choose another place" in capsys.readouterr().err


def test_commands_that_compute_leave_busy_cores(
    monkeypatch: pytest.MonkeyPatch, capsys: Captured, tmp_path: Path
) -> None:
    asked: list[str] = []
    more = {"reconstruct": ["picture.png"], "export": ["--to", "onnx", "--out", str(tmp_path / "out")]}
    for name in cli.COMPUTING:
        monkeypatch.setattr(devices, "leave_busy_cores", functools.partial(asked.append, name))
        assert main([name, str(tmp_path / "nowhere"), *more.get(name, [])]) == 2
    assert asked == list(cli.COMPUTING)
