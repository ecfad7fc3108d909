"""What leaves by the command line: each command as a person gives it, and what it says when it cannot."""

from __future__ import annotations

import csv
import io
import runpy
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors import safe_open

from core.cli.main import main
from core.cli.reconstruct import file_names
from core.datasets.base import reload
from core.engine import run_folder
from core.exports.script import fingerprint
from core.foundation.pixels import as_floats, display
from core.theory.latent_space import lerp, prior

Captured = pytest.CaptureFixture[str]
TRAIN = "train --dataset {data} --model {model} --steps 3 --device cpu --threads 1 --network mlp --batch 32"


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Trains a model for three steps, once: ``runs("vae")`` is its folder."""
    folder = tmp_path_factory.mktemp("runs")

    def make(model: str, data: str = "digits-like") -> Path:
        place = folder / f"{model} on {data}"
        if not place.exists():
            words = TRAIN.format(data="shapes --train-images 1000" if data == "digits-like" else data, model=model)
            assert main([*words.split(), "--out", str(place)]) == 0
        return place

    return make


def picture(place: Path, ink: int = 255) -> Path:
    """A white square on black, 64 × 48."""
    pixels = np.zeros((48, 64), np.uint8)
    pixels[12:36, 20:44] = ink
    Image.fromarray(pixels).save(place)
    return place


def pixels_of(place: Path) -> np.ndarray:
    with Image.open(place) as image:
        return np.asarray(image)


def test_a_script_leaves_draws_the_same_and_trains(
    runs: Callable[..., Path], tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`export` has it draw in a process of its own; here it trains in ours."""
    run, out = runs("vae"), tmp_path / "out"
    assert main(["export", str(run), "--to", "script", "--out", str(out)]) == 0
    said = capsys.readouterr().out
    wanted = fingerprint(run_folder.load(run).snapshot().decode(prior(64, 2, 1)))
    assert "Read again: every value is the same; SHA-256 of its 64 samples" in said
    assert wanted in said
    assert main(["sample", str(run), "--out", str(tmp_path / "grid.png")]) == 0
    assert wanted in capsys.readouterr().out  # the samples of `sample` are those of the script
    assert {each.name for each in out.iterdir()} == {"vae.py", "weights.npz", "images.npz"}
    with np.load(out / "images.npz") as file:
        assert np.array_equal(file["images"], reload(run_folder.load(run).data)[0].train.pixels)
    monkeypatch.setattr(sys, "argv", ["vae.py", "--train", "--steps", "2"])
    runpy.run_path(str(out / "vae.py"), run_name="__main__")
    torch.set_flush_denormal(False)
    assert capsys.readouterr().out.startswith("step 2: negative_elbo ")
    assert (out / "trained.npz").exists()


def test_safetensors_leave(runs: Callable[..., Path], tmp_path: Path, capsys: Captured) -> None:
    out = tmp_path / "gan.safetensors"
    assert main(["export", str(runs("gan")), "--to", "safetensors", "--out", str(out)]) == 0
    assert "Read again: every value is the same." in capsys.readouterr().out
    weights = run_folder.load(runs("gan")).weights
    with safe_open(out, "numpy") as file:
        assert set(file.keys()) == set(weights)
        assert file.metadata()["about"] == "Adversarial network on Shapes at step 3"
        assert all(np.array_equal(file.get_tensor(name), weights[name].numpy()) for name in weights)


def test_interpolate_goes_from_image_to_image(runs: Callable[..., Path], tmp_path: Path, capsys: Captured) -> None:
    run, out = runs("vae"), tmp_path / "path.png"
    assert main(["interpolate", str(run), "--from", "3", "--to", "8", "--steps", "5", "--out", str(out)]) == 0
    assert "5 images from test image 3 to 8 of vae at step 3" in capsys.readouterr().out
    strip = pixels_of(out)
    assert strip.shape == (32, 5 * 34 - 2)
    saved = run_folder.load(run)
    snapshot = saved.snapshot()
    test = reload(saved.data)[0].test.pixels
    codes = snapshot.encode(as_floats(test[[3, 8]]))
    assert codes is not None
    z = lerp(*codes.mu, np.linspace(0, 1, 5, dtype=np.float32))
    assert np.array_equal(strip[:, 2 * 34 : 2 * 34 + 32], display(snapshot.decode(z))[2])


def test_interpolate_of_a_gan_goes_from_draw_to_draw(runs: Callable[..., Path], tmp_path: Path) -> None:
    run, out = runs("gan"), tmp_path / "path.png"
    assert main(f"interpolate {out} --steps 3".replace(str(out), "X").split()) == 2  # X is no run
    words = ["interpolate", str(run), "--from", "5", "--to", "6", "--steps", "3", "--arc", "--out", str(out)]
    assert main(words) == 0
    ends = display(run_folder.load(run).snapshot().decode(prior(10_000, 2, 1)[[5, 6]]))
    assert np.array_equal(pixels_of(out)[:, :32], ends[0])
    assert np.array_equal(pixels_of(out)[:, -32:], ends[1])


def test_encode_the_test_images(runs: Callable[..., Path], tmp_path: Path, capsys: Captured) -> None:
    out = tmp_path / "codes.csv"
    assert main(["encode", str(runs("ae")), "--out", str(out)]) == 0
    assert f"codes of ae at step 3 in {out}; read again, every value is the same" in capsys.readouterr().out
    with out.open(newline="") as file:
        rows = list(csv.DictReader(file))
    data, _ = reload(run_folder.load(runs("ae")).data)
    assert len(rows) == len(data.test)
    assert [row["class"] for row in rows[:3]] == [data.class_name(int(row["label"])) for row in rows[:3]]


def test_encode_one_s_own_pictures(runs: Callable[..., Path], tmp_path: Path) -> None:
    run, out = runs("vae"), tmp_path / "codes.npz"
    white, black = picture(tmp_path / "white.png"), picture(tmp_path / "black.png", 0)  # the data: white on black
    assert main(["encode", str(run), str(white), str(black), "--out", str(out)]) == 0
    with np.load(out) as file:
        assert file["names"].tolist() == ["white", "black"]
        codes = run_folder.load(run).snapshot().encode(np.zeros((1, 1, 32, 32), np.float32))
        assert codes is not None
        assert np.allclose(file["codes"][1], codes.mu[0], atol=1e-6)
    assert main(["encode", str(run), str(white), "--to", "projector", "--out", str(tmp_path / "projector")]) == 0
    square = pixels_of(tmp_path / "projector" / "sprite.png")  # as large as shapes are, in the middle of 32 × 32
    assert square.shape == (32, 32)
    assert square[16, 16] == 255
    assert square[2, 2] == 0


def test_encode_a_folder_and_say_what_is_skipped(runs: Callable[..., Path], tmp_path: Path, capsys: Captured) -> None:
    run, folder, out = runs("vae"), tmp_path / "mine", tmp_path / "codes.csv"
    (folder / "cats").mkdir(parents=True)
    picture(folder / "cats" / "white.png")
    picture(folder / "black.png", 0)
    (folder / "broken.png").write_bytes(b"")
    (folder / "notes.txt").write_text("no picture")
    single = picture(tmp_path / "white.png")
    words = ["encode", str(run), str(folder), str(single), str(tmp_path / "gone.png"), "--skip", "--out", str(out)]
    assert main(words) == 0
    *listed, told = capsys.readouterr().out.splitlines()
    assert listed == [
        "skipped: 3",
        "  broken.png is empty",
        "  notes.txt is no picture by its ending, .txt",
        f"  {tmp_path / 'gone.png'} does not exist",
    ]
    assert told == f"3 codes of vae at step 3 in {out}, 3 files skipped; read again, every value is the same"
    rows = list(csv.DictReader(io.StringIO(out.read_text("utf-8"))))
    assert [row["name"] for row in rows] == ["black", "cats/white", "white"]
    assert rows[1]["z1"] == rows[2]["z1"] != rows[0]["z1"]
    picture(folder / "black.bmp", 0)
    assert main(["encode", str(run), str(folder), "--out", str(out)]) == 0
    rows = list(csv.DictReader(io.StringIO(out.read_text("utf-8"))))
    assert [row["name"] for row in rows] == ["black.bmp", "black.png", "cats/white.png"]


def test_reconstruct_one_s_own_pictures(runs: Callable[..., Path], tmp_path: Path, capsys: Captured) -> None:
    run, out = runs("vae"), tmp_path / "out"
    white = picture(tmp_path / "white.png")
    assert main(["reconstruct", str(run), str(white), str(white), "--no-inverted", "--out", str(out)]) == 0
    said = capsys.readouterr().out
    assert f"{white}: distortion " in said
    assert {each.name for each in out.iterdir()} == {"white.png", "white-2.png", "comparison.png"}
    sheet = pixels_of(out / "comparison.png")
    assert sheet.shape == (66, 66)
    assert (sheet[2, 2], sheet[16, 16]) == (0, 255)
    assert np.array_equal(sheet[34:, :32], pixels_of(out / "white.png"))


def test_names_that_are_taken_get_a_number() -> None:
    assert file_names(["a", "b", "a", "a-2", "comparison"]) == [
        "a.png", "b.png", "a-2.png", "a-2-2.png", "comparison-2.png",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("export {vae} --out {out}", "the following arguments are required: --to"),
        ("export {vae} --to pickle --out {out}", "invalid choice: 'pickle'"),
        ("export {out} --to onnx --out {out}", "is not a folder"),
        ("export {vae} --to script --out {file}", "file.png is no folder; choose another place"),
        ("export {vae} --to safetensors --out {out}/no/where", "choose another place"),
        ("interpolate {vae} --from 100", "--from: 100 is outside 0 to 99"),
        ("interpolate {vae} --steps 1", "--steps: 1 is outside 2 to 1,000"),
        ("encode {vae} --out {out}.txt", "ends neither in .csv nor in .npz; name such a file, or say --to"),
        ("encode {gan} --out {out}.csv", "Adversarial network: it only draws and has no encoder"),
        ("encode {vae} {out} --out {out}.csv", "does not exist; name a picture"),
        ("encode {vae} {file} --out {out}.csv", "is no PNG, JPEG, WebP, BMP, TIFF or GIF file"),
        ("encode {vae} {folder} --out {out}.csv", "holds no pictures; name another folder"),
        ("encode {vae} {file} --skip --out {out}.csv", "none of these pictures can be used ("),
        ("reconstruct {vae} {folder} --out {out}", "is not a regular file; name another picture"),
        ("encode {moons} {picture} --out {out}.csv", "trained on points, so"),
        ("reconstruct {vae} --out {out}", "the following arguments are required: IMAGE"),
        ("reconstruct {gan} {picture} --out {out}", "has no encoder"),
        ("reconstruct {vae} {picture} --out {file}", "file.png is no folder; choose another place"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    words: str, sentence: str, runs: Callable[..., Path], tmp_path: Path, capsys: Captured
) -> None:
    file = tmp_path / "file.png"
    file.write_text("no picture")
    places = {"vae": runs("vae"), "gan": runs("gan"), "moons": runs("vae", "moons"), "out": tmp_path / "out"}
    (tmp_path / "folder").mkdir()
    places |= {"file": file, "folder": tmp_path / "folder", "picture": picture(tmp_path / "square.png")}
    capsys.readouterr()
    assert main([word.format(**places) for word in words.split()]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert sentence in said.err.splitlines()[-1]
    assert "Traceback" not in said.err
    assert not (tmp_path / "out").exists()


def test_data_that_changed_since_are_not_encoded(
    runs: Callable[..., Path], tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.cli import saved_run

    monkeypatch.setattr(saved_run, "changed_data", lambda *_: "Shapes holds other images now")
    out = tmp_path / "out.csv"
    assert main(["encode", str(runs("vae")), "--out", str(out)]) == 2
    assert capsys.readouterr().err == "latent-playground: Shapes holds other images now: find the old ones\n"
    words = ["export", str(runs("vae")), "--to", "script", "--out", str(tmp_path / "script")]
    assert main(words) == 2
    assert "find the old ones; or export it with --without-data" in capsys.readouterr().err
    assert not out.exists()
