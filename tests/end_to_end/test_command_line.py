"""The commands as a person or a program gives them."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from core.cli import main as cli
from core.cli.main import main
from core.engine import order, run_folder
from core.training import devices

ROOT = Path(__file__).parents[2]
SMALL = ("--device", "cpu", "--threads", "1", "--network", "mlp", "--batch", "32")
FAST = ("--dataset", "shapes", "--train-images", "1000", *SMALL)

Captured = pytest.CaptureFixture[str]


def train(*words: str) -> int:
    return main(["train", *FAST, *words])


def lines(capsys: Captured) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def program(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    own = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    return subprocess.run(
        [sys.executable, "-m", "core", *words],
        cwd=ROOT,
        env={**own, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


# --- train -----------------------------------------------------------------------------------------------------------


def test_json_lines(capsys: Captured) -> None:
    assert train("--model", "vae", "--steps", "40", "--beta", "2", "--latent", "3", "--json") == 0
    said = lines(capsys)
    start, done = said[0], said[-1]
    assert start["event"] == "start"
    assert start["config"]["beta"] == 2.0
    assert start["setup"]["latent"] == 3
    assert start["data"]["config"]["train_images"] == 1000
    assert all(line["event"] == "progress" for line in said[1:-1])
    assert set(done) == {"event", "test", "steps", "seconds", "samples_per_second", "stopped_by", "saved_in"}
    assert (done["event"], done["steps"]) == ("done", 40)
    test = done["test"]
    assert test["negative_elbo"] == pytest.approx(test["distortion"] + test["rate"])
    assert test["rate"] > 0
    assert done["samples_per_second"] == pytest.approx(40 * 32 / done["seconds"])


@pytest.mark.parametrize(
    ("model", "missing"), [("ae", {"rate", "negative_elbo"}), ("gan", {"distortion", "rate", "negative_elbo"})]
)
def test_what_a_model_does_not_have_is_null(model: str, missing: set[str], capsys: Captured) -> None:
    assert train("--model", model, "--steps", "3", "--json") == 0
    test = lines(capsys)[-1]["test"]
    assert set(test) == {"distortion", "rate", "negative_elbo"}
    assert {name for name, value in test.items() if value is None} == missing


def test_the_same_command_gives_the_same_numbers(capsys: Captured, tmp_path: Path) -> None:
    tests = []
    for name, seed in (("one", "5"), ("two", "5"), ("three", "6")):
        assert train("--steps", "30", "--seed", seed, "--json", "--out", str(tmp_path / name)) == 0
        tests.append(lines(capsys)[-1]["test"])
    assert tests[0] == tests[1]
    assert tests[0] != tests[2]
    one, two = (run_folder.files_of(tmp_path / name)[run_folder.WEIGHTS].read_bytes() for name in ("one", "two"))
    assert one == two


def test_progress_about_every_second(capsys: Captured) -> None:
    assert train("--seconds", "1.5", "--json") == 0
    said = [line for line in lines(capsys) if line["event"] == "progress"]
    assert said
    assert {"step", "epoch", "seconds", "share", "negative_elbo", "distortion", "rate"} <= set(said[0])
    assert 0.2 < said[0]["share"] <= 1


def test_for_people(capsys: Captured, tmp_path: Path) -> None:
    assert train("--model", "vae", "--steps", "20", "--out", str(tmp_path / "run")) == 0
    said = capsys.readouterr()
    assert "Variational autoencoder on Shapes (1,000 images), cpu" in said.out
    assert "20 steps in " in said.out
    assert " = −ELBO " in said.out
    assert f"saved in {tmp_path / 'run'}" in said.out
    assert said.err == ""  # no bar where there is no terminal
    assert train("--model", "gan", "--steps", "3") == 0
    assert "no likelihood" in capsys.readouterr().out


def test_a_bar_on_a_terminal(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    assert train("--seconds", "1.5") == 0
    bar = capsys.readouterr().err
    assert "] " in bar
    assert "negative elbo" in bar
    assert bar.endswith("\r")  # wiped before the result


def test_ten_epochs_unless_told_otherwise() -> None:
    options: dict[str, Any] = {"model": "ae", "dataset": "mnist", "threads": "1", "out": None, "overwrite": False}
    assert order.Order.from_options(options).setup.epochs == 10
    assert order.Order.from_options({**options, "steps": "7"}).setup.epochs == 0
    assert order.Order.from_options({**options, "seconds": "7"}).setup.epochs == 0


def test_cores_that_others_keep_busy_are_left_to_them(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order, "busy_cores", lambda: 1.1)
    monkeypatch.setattr(devices, "cores", lambda: 2)
    words = ["train", *FAST, "--model", "ae", "--steps", "3", "--threads", "0"]
    assert main(words) == 0
    assert "1 thread: another program keeps a core busy" in capsys.readouterr().out.splitlines()
    assert main([*words, "--json"]) == 0
    said = lines(capsys)[0]
    assert (said["setup"]["threads"], said["busy_cores"]) == (1, 1)
    assert main([*words[:-1], "1"]) == 0  # as many as were asked for, so there is nothing to say
    assert "keeps a core busy" not in capsys.readouterr().out


def test_a_run_that_diverges(capsys: Captured, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    assert train("--lr", "1e6", "--steps", "500", "--json", "--out", str(folder)) == 1
    said = lines(capsys)
    assert said[-1]["event"] == "failed"
    assert said[-1]["sentence"].startswith(f"stopped at step {said[-1]['step']}: ")
    assert main(["sample", str(folder), "--n", "4", "--out", str(tmp_path / "grid.png")]) == 0  # the last good weights
    capsys.readouterr()
    assert train("--lr", "1e6", "--steps", "500") == 1
    assert "stopped at step" in capsys.readouterr().err


def test_a_run_whose_thread_is_hit_by_an_error_that_nothing_expects(
    capsys: Captured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.training.training import Training

    plain = Training.advance

    def advance(training: Training) -> None:
        if training.step == 50:
            raise KeyboardInterrupt
        plain(training)

    monkeypatch.setattr(Training, "advance", advance)
    folder = tmp_path / "run"
    assert train("--steps", "500", "--out", str(folder)) == 1
    assert "KeyboardInterrupt. Weights are back at step" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("--beta -1", "KL weight β: −1 is outside 0 to 100"),
        ("--latent 65", "Latent dims: 65 is outside 1 to 64"),
        ("--latent 2.5", "Latent dims: 2.5 is not a whole number"),
        ("--likelihood poisson", "Pixel model: 'poisson' is not one of bernoulli, gaussian"),
        ("--hidden wide", "Hidden layers: 'wide' does not look like 400 or 256, 128"),
        ("--model transformer", "there is no model 'transformer'; there are ae, sparse_ae"),
        ("--dataset cats", "there is no dataset 'cats'; there are mnist, faces"),
        ("--train-images 5", "Training images: 5 is outside 1,000 to 60,000"),
        ("--speed 3", "unrecognized arguments: --speed 3"),
        ("--lat 3", "unrecognized arguments: --lat 3"),
        ("--latent", "argument --latent: expected one argument"),
        ("--lr-g 1", "unrecognized arguments: --lr-g 1"),
        ("--out {file}/below", "cannot write {file}/below: Not a directory; choose another place"),
        ("--out {file}", "cannot write {file}: File exists; choose another place"),
        ("--out=", "--out is empty; name a place"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(words: str, sentence: str, capsys: Captured, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    assert train(*words.format(file=file).split()) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.splitlines()[-1].startswith("latent-playground")
    assert sentence.format(file=file) in said.err.splitlines()[-1]
    assert "Traceback" not in said.err


def test_a_device_that_is_not_there(capsys: Captured) -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("this machine has the device")
    assert train("--device", "cuda") == 2
    assert "no CUDA device" in capsys.readouterr().err


# --- a folder of IDX files -------------------------------------------------------------------------------------------


def idx(numbers: Any) -> bytes:
    header = b"\0\0\x08" + bytes([numbers.ndim]) + b"".join(n.to_bytes(4, "big") for n in numbers.shape)
    return bytes(header + numbers.tobytes())


def good_folder(folder: Path) -> None:
    random = np.random.default_rng(0)
    for part, count in (("train", 80), ("t10k", 20)):
        (folder / f"{part}-images-idx3-ubyte").write_bytes(idx(random.integers(0, 256, (count, 28, 28), np.uint8)))
        (folder / f"{part}-labels-idx1-ubyte").write_bytes(idx(random.integers(0, 10, count).astype(np.uint8)))


def broken_folder(folder: Path) -> None:
    good_folder(folder)
    whole = (folder / "train-images-idx3-ubyte").read_bytes()
    (folder / "train-images-idx3-ubyte").write_bytes(whole[:-100])


def text_folder(folder: Path) -> None:
    good_folder(folder)
    (folder / "train-images-idx3-ubyte").write_text("once upon a time\n" * 99)


@pytest.mark.parametrize(
    ("fill", "sentence"),
    [
        (None, "does not exist"),
        (lambda folder: None, "holds no files"),
        (broken_folder, "train-images-idx3-ubyte is truncated"),
        (text_folder, "train-images-idx3-ubyte is not an IDX file"),
    ],
    ids=["missing", "empty", "broken", "text"],
)
def test_a_bad_idx_folder(fill: Callable[[Path], None] | None, sentence: str, capsys: Captured, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    if fill is not None:
        folder.mkdir()
        fill(folder)
    assert main(["train", "--dataset", "idx", "--data", str(folder)]) == 2
    said = capsys.readouterr().err
    assert len(said.splitlines()) == 1
    assert sentence in said


def test_a_good_idx_folder(capsys: Captured, tmp_path: Path) -> None:
    good_folder(tmp_path)
    assert main(f"train --dataset idx --data {tmp_path} --steps 5 --device cpu --threads 1 --json".split()) == 0
    assert lines(capsys)[0]["train_images"] == 80


# --- sample ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("model", "dataset"), [("ae", "shapes"), ("gan", "faces")])
def test_sample_draws_a_grid(model: str, dataset: str, capsys: Captured, tmp_path: Path) -> None:
    words = f"train --model {model} --dataset {dataset} --train-images 1000 --steps 3"
    assert main([*words.split(), *SMALL, "--out", str(tmp_path / "run")]) == 0
    pictures = []
    for seed, name in (("1", "a"), ("1", "b"), ("2", "c")):
        out = tmp_path / f"{name}.png"
        assert main(["sample", str(tmp_path / "run"), "--n", "10", "--out", str(out), "--seed", seed]) == 0
        with Image.open(out) as picture:
            assert picture.format == "PNG"
            assert picture.mode == ("RGB" if dataset == "faces" else "L")
            assert picture.size == (4 * 34 - 2, 3 * 34 - 2)  # ten in four columns, two pixels apart
            pictures.append(np.asarray(picture))
    assert np.array_equal(pictures[0], pictures[1])
    assert not np.array_equal(pictures[0], pictures[2])
    assert "10 images of" in capsys.readouterr().out


def test_sample_measures_the_unit_of_an_older_run(
    capsys: Captured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Older files hold a running mean of squares; here it is far off."""
    words = "train --model ae --dataset shapes --train-images 1000 --steps 3"
    folder = tmp_path / "run"
    assert main([*words.split(), *SMALL, "--out", str(folder)]) == 0
    saved = run_folder.load(folder)

    def drawn() -> npt.NDArray[np.int16]:
        assert main(["sample", str(folder), "--out", str(tmp_path / "grid.png")]) == 0
        with Image.open(tmp_path / "grid.png") as picture:
            return np.asarray(picture).astype(np.int16)

    right = drawn()
    square = saved.weights["scale.mean"].square() + (30 * saved.weights["scale.std"]).square()
    weights = {name: each for name, each in saved.weights.items() if name != "scale.std"} | {"scale.square": square}
    old = dataclasses.replace(saved, weights=weights)
    monkeypatch.setattr(run_folder, "load", lambda _: old)
    assert np.abs(drawn() - right).max() <= 1
    assert capsys.readouterr().err == ""
    lost = dataclasses.replace(old, data={**saved.data, "name": "gone"})
    monkeypatch.setattr(run_folder, "load", lambda _: lost)
    assert np.abs(drawn() - right).max() > 1
    said = capsys.readouterr().err
    assert said.startswith("The unit of its codes is the stored running mean, up to a third off: there is no dataset")
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("{folder}", "manifest.json is missing; choose a folder that Save or 'train --out' wrote"),
        ("{folder}/nowhere", "is not a folder"),
        ("{folder}/a\nb", "/a\\nb is not a folder"),
        ("{folder} --out=", "--out is empty; name a place"),
        ("x" * 20_000, f"DIR: '{'x' * 79}…' can be no path; name another place"),
        ("{folder} --n 0", "--n: 0 is outside 1 to 10,000"),
        ("{folder} --n many", "--n: 'many' is not a number"),
        ("", "the following arguments are required: DIR"),
    ],
)
def test_sample_says_what_is_wrong(words: str, sentence: str, capsys: Captured, tmp_path: Path) -> None:
    assert main(["sample", *filter(None, words.format(folder=tmp_path).split(" "))]) == 2
    assert sentence in capsys.readouterr().err.splitlines()[-1]


# --- the program -----------------------------------------------------------------------------------------------------


def test_help_and_version_answer_at_once() -> None:
    for word in ("--help", "--version"):
        code = (
            f"import sys; from core.cli.main import main; main(['{word}']); "
            "print({'torch', 'numpy'} & set(sys.modules))"
        )
        done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
        assert done.stdout.splitlines()[-1] == "set()"
    began = time.perf_counter()
    assert "train" in program("--help").stdout
    assert time.perf_counter() - began < 1.5  # 0.06 s on an idle machine


def test_help_of_train_lists_the_knobs_of_the_model(capsys: Captured) -> None:
    assert main(["train", "--model", "wgan_gp", "--dataset", "faces", "--help"]) == 0
    text = capsys.readouterr().out
    for word in ("--lr-g", "--penalty", "--train-images", "--epochs", "sparse_ae", "mnist", "default 10"):
        assert word in text


def test_a_command_that_is_none(capsys: Captured) -> None:
    assert main(["fly"]) == 2
    assert "invalid choice: 'fly'" in capsys.readouterr().err


def test_doctor(capsys: Captured) -> None:
    assert main(["doctor", "--json"]) in (0, 1)
    assert json.loads(capsys.readouterr().out)["findings"]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux goes without a display")
def test_no_display_names_the_ways_out() -> None:
    done = program(QT_QPA_PLATFORM="")
    assert done.returncode == cli.NO_DISPLAY == 3
    assert len(done.stderr.splitlines()) == 1
    assert "demo" in done.stderr
    assert "train" in done.stderr
    assert done.stdout == ""


def test_training_and_sampling_import_no_qt(tmp_path: Path) -> None:
    words = ["train", *FAST, "--steps", "2", "--out", str(tmp_path / "run")]
    sample = ["sample", str(tmp_path / "run"), "--out", str(tmp_path / "grid.png")]
    code = (
        f"import sys; from core.cli.main import main; assert main({words!r}) == 0; assert main({sample!r}) == 0;"
        "print({n.split('.')[0] for n in sys.modules} & {'PySide6', 'shiboken6', 'pyqtgraph', 'gui'})"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "set()"
