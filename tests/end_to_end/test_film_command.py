"""``film``: what a person types, the file that comes of it, and what is said of requests that make no sense."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.cli.main import main
from core.datasets.base import reload
from core.engine import run_folder
from core.exports import motion
from core.foundation.pixels import as_floats, display
from core.theory.latent_space import lerp, prior

Captured = pytest.CaptureFixture[str]
TRAIN = "train --dataset shapes --train-images 1000 --steps 3 --device cpu --threads 1 --network mlp --batch 32"


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Trains a model for three steps, once: ``runs("vae")`` is its folder."""
    folder = tmp_path_factory.mktemp("runs")

    def make(model: str) -> Path:
        if not (folder / model).exists():
            assert main([*TRAIN.split(), "--model", model, "--out", str(folder / model)]) == 0
        return folder / model

    return make


def film(place: Path) -> list[np.ndarray]:
    with Image.open(place) as image:
        frames = []
        for i in range(image.n_frames):
            image.seek(i)
            frames.append(np.asarray(image.convert("L")))
        return frames


def holds(frame: np.ndarray, picture: np.ndarray, size: int) -> bool:
    """Whether a picture, each pixel ``size`` by ``size`` large, is somewhere on a frame."""
    large = np.kron(picture, np.ones((size, size), np.uint8))
    windows = np.lib.stride_tricks.sliding_window_view(frame, large.shape)
    likely = np.argwhere((windows[:, :, 0] == large[0]).all(2))
    return any(np.array_equal(windows[top, left], large) for top, left in likely)


def test_a_line_of_a_vae_beside_a_gan(runs: Callable[..., Path], tmp_path: Path, capsys: Captured) -> None:
    vae, gan, out = runs("vae"), runs("gan"), tmp_path / "way.png"
    words = "--from 3 --to 8 --frames 5 --fps 10 --size 2 --out"
    assert main(["film", str(vae), str(gan), *words.split(), str(out)]) == 0
    said = capsys.readouterr().out
    assert "APNG of 5 frames of VAE, GAN in" in said
    assert "Read again: first and last frame are the same to the pixel." in said
    frames = film(out)
    assert len(frames) == 5
    saved = run_folder.load(vae)
    codes = saved.snapshot().encode(as_floats(reload(saved.data)[0].test.pixels[[3, 8]]))
    assert codes is not None
    t = np.linspace(0, 1, 5, dtype=np.float32)
    for model, ends in ((vae, codes.mu), (gan, prior(10_000, 2, 1)[[3, 8]])):
        z = lerp(ends[0], ends[1], t)
        for i in (0, 4):
            assert holds(frames[i], display(run_folder.load(model).snapshot().decode(z[i : i + 1]))[0], 2)


def test_walk_slider_and_loop(runs: Callable[..., Path], tmp_path: Path) -> None:
    gan = runs("gan")
    snapshot = run_folder.load(gan).snapshot()
    start = prior(10_000, 2, 7)[0]
    paths = {
        "walk": motion.walk(start, 4, 12, 7),
        "slider": motion.traversal(start, 1, -2, 2, 4),
        "loop": motion.loop(start, prior(10_000, 2, 7)[1], 4),
    }
    for path, z in paths.items():
        out, own = tmp_path / f"{path}.gif", ["--dim", "2", "--reach", "2"] if path == "slider" else []
        words = ["film", str(gan), "--path", path, *own, "--frames", "4", "--seed", "7", "--size", "1"]
        assert main([*words, "--out", str(out)]) == 0
        frames = film(out)
        assert len(frames) == 4
        for i in range(4):
            assert holds(frames[i], display(snapshot.decode(z[i : i + 1]))[0], 1)


def test_a_video(runs: Callable[..., Path], tmp_path: Path, capsys: Captured) -> None:
    out = tmp_path / "loop.mp4"
    assert main(["film", str(runs("vae")), "--path", "loop", "--frames", "6", "--out", str(out)]) == 0
    assert "MP4 of 6 frames of VAE in" in capsys.readouterr().out
    assert out.read_bytes()[4:8] == b"ftyp"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--out film.avi", "film.avi ends in none of .gif"),
        ("--fps 60", "a GIF shows at most 50 frames a second"),
        ("--fps 0", "--fps"),
        ("--frames 1", "--frames"),
        ("--frames 1000000", "--frames"),
        ("--size 9", "--size"),
        ("--from 99999", "--from"),
        ("--from x", "--from"),
        ("--path slider --dim 3", "--dim"),
        ("--path walk --to 4", "--to means nothing for --path walk"),
        ("--dim 1", "--dim means nothing for --path line"),
        ("--path loop --back", "--back means nothing for --path loop"),
        ("--out nowhere/film.gif", "nowhere/film.gif"),
    ],
)
def test_what_cannot_be_is_one_sentence(
    words: str, said: str, runs: Callable[..., Path], capsys: Captured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = runs("vae")
    capsys.readouterr()
    assert main(["film", str(folder), *words.split()]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_six_runs_are_too_many(runs: Callable[..., Path], capsys: Captured) -> None:
    assert main(["film", *[str(runs("vae"))] * 6]) == 2
    assert "6 runs: at most 5 stand side by side" in capsys.readouterr().err
