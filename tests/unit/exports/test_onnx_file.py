"""ONNX files say the same as the model, to another program, at any batch size."""

from __future__ import annotations

import builtins
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest

from core.datasets.base import Dataset
from core.engine.run_folder import SavedRun
from core.exports import onnx_file
from core.exports.base import TOLERANCE, Exported, ExportError, check, largest_difference
from core.exports.onnx_file import LOOSE, OPSET, export
from core.foundation.pixels import as_floats
from core.foundation.user_error import UserError
from core.theory.latent_space import prior
from tests.unit.exports.saved_runs import points, saved_run

Tiny = Callable[..., Dataset]


def session(path: Path) -> Any:
    return onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])


@pytest.fixture(scope="module")
def vae(tiny: Tiny, tmp_path_factory: pytest.TempPathFactory) -> tuple[SavedRun, Exported]:
    """A run and its ONNX files, which take PyTorch's exporter seconds."""
    saved = saved_run("vae", tiny(), "conv")
    return saved, export(saved, saved.snapshot(), tmp_path_factory.mktemp("onnx") / "vae")


def test_encoder_and_decoder_of_images(vae: tuple[SavedRun, Exported], tiny: Tiny) -> None:
    saved, done = vae
    snapshot = saved.snapshot()
    assert [each.name for each in done.files] == ["encoder.onnx", "decoder.onnx"]
    assert 0 <= done.difference <= TOLERANCE

    encoder, decoder = (session(file) for file in done.files)
    x = as_floats(tiny().test.pixels[:5])
    mean, log_variance = encoder.run(["mean", "log_variance"], {"x": x})
    codes = snapshot.encode(x)
    assert codes is not None
    assert codes.sigma is not None
    assert np.abs(mean - codes.mu).max() < 1e-5
    assert np.abs(np.exp(0.5 * log_variance) - codes.sigma).max() < 1e-5
    for count in (1, 3, 300):
        z = prior(count, 2, 8)
        assert np.abs(decoder.run(None, {"z": z})[0] - snapshot.decode(z)).max() < TOLERANCE


def test_what_a_file_says_of_itself(vae: tuple[SavedRun, Exported]) -> None:
    saved, done = vae
    proto = onnx.load(done.files[0])
    assert [each.version for each in proto.opset_import if each.domain == ""] == [OPSET]
    facts = {each.key: each.value for each in proto.metadata_props}
    assert facts["title"] == "Variational autoencoder"
    assert facts["data"] == "Tiny"
    assert facts["step"] == "5"
    assert json.loads(facts["knobs"])["hidden"] == saved.config.hidden
    assert facts["x"] == "images in [0, 1], float32; shape (batch, 1, 28, 28)"
    assert facts["mean"] == "mean of q(z|x) in units of the map: 1 is one σ of the prior; shape (batch, 2)"
    assert proto.graph.input[0].type.tensor_type.shape.dim[0].dim_param == "batch"
    assert str(Path(onnx_file.__file__).parent).encode() not in done.files[0].read_bytes()  # no path of this machine


def test_a_code_without_a_spread_is_in_units_of_the_map(
    tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(onnx_file, "_parts", lambda snapshot, plain=onnx_file._parts: plain(snapshot)[:1])
    saved = saved_run("sparse_ae", tiny(), penalty="kl")
    encoder = session(export(saved, saved.snapshot(), tmp_path).files[0])
    code = encoder.run(["code"], {"x": as_floats(tiny().train.pixels)})[0]
    assert np.abs(code.mean(0)).max() < 1e-3
    assert np.abs(code.std(0) - 1).max() < 1e-3


def test_points_and_the_second_network(tmp_path: Path) -> None:
    data = points()
    saved = saved_run("gan", data, packing=2)
    snapshot = saved.snapshot()
    done = export(saved, snapshot, tmp_path)
    assert [each.name for each in done.files] == ["decoder.onnx", "discriminator.onnx"]
    logit = session(done.files[1]).run(["logit"], {"x": data.test.pixels[:6]})[0]
    probability = snapshot.judge(data.test.pixels[:6])
    assert probability is not None
    assert np.abs(1 / (1 + np.exp(-logit)) - probability).max() < 1e-6


def test_a_critic_and_a_generator_with_fourier_features(tiny: Tiny, tmp_path: Path) -> None:
    saved = saved_run("wgan_gp", tiny())
    snapshot = saved.snapshot()
    done = export(saved, snapshot, tmp_path)
    assert [each.name for each in done.files] == ["decoder.onnx", "critic.onnx"]
    x, z = as_floats(tiny().test.pixels[:9]), prior(64, 2, 8)
    values = session(done.files[1]).run(["value"], {"x": x})[0]
    assert largest_difference(snapshot.judge(x), values) < LOOSE
    assert np.abs(session(done.files[0]).run(None, {"z": z})[0] - snapshot.decode(z)).max() < TOLERANCE


def test_a_difference_is_found(
    vae: tuple[SavedRun, Exported], tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = {file.stem: file.read_bytes() for file in vae[1].files}
    monkeypatch.setattr(onnx_file, "_converted", lambda part, saved: written[part.name])
    other = saved_run("vae", tiny(), "conv", steps=9)
    with pytest.raises(ExportError, match=r"differs by .* from the model; nothing was written"):
        export(other, other.snapshot(), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_differences() -> None:
    ours = np.array([[0.5, 200.0]], np.float32)
    assert largest_difference(ours, ours + np.float32([0.25, 0])) == 0.25
    assert largest_difference(ours, ours + np.float32([0, 50])) == 0.25  # a share of 200
    assert largest_difference(ours, ours + np.float32([0.25, 0]), [10.0, 1.0]) == 0.025
    check(TOLERANCE)
    with pytest.raises(ExportError, match="not finite"):
        largest_difference(ours, ours * np.float32(np.nan))
    with pytest.raises(ExportError, match="shape"):
        largest_difference(ours, ours[0])


def test_a_missing_package_names_the_extra(tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name == "onnxscript":
            raise ModuleNotFoundError("No module named 'onnxscript'", name=name)
        return plain(name, *rest)

    saved = saved_run("ae", tiny(), steps=1)
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(UserError, match=r"ONNX needs onnxscript, .*; pip install 'latent-playground\[onnx\]'"):
        export(saved, saved.snapshot(), tmp_path)
