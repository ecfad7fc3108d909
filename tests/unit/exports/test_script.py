"""A script says the same model again: the same samples, and from the same seed the same losses."""

from __future__ import annotations

import ast
import dataclasses
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from core.datasets.base import Dataset
from core.engine.run_folder import SavedRun
from core.exports import script
from core.exports.script import export
from core.exports.script_text import MOST_LINES, script_of
from core.foundation.user_error import UserError
from core.models.base import MODELS
from core.theory.latent_space import prior
from core.training.saved import Turn
from tests.tables import five_columns
from tests.unit.exports.saved_runs import points, saved_run

Tiny = Callable[..., Dataset]


MODEL_KNOBS = [
    ("vae", {"schedule": "warm-up", "schedule_steps": 3, "samples": 3, "free_bits": 0.2, "beta": 2.0}),
    ("vae", {"schedule": "cyclic", "schedule_steps": 3, "likelihood": "gaussian", "optimiser": "sgd", "lr": 1e-6}),
    ("ae", {"optimiser": "rmsprop", "hidden": "40 30 20"}),
    ("denoising_ae", {"corruption": "gaussian", "amount": 0.2}),
    ("denoising_ae", {"corruption": "salt and pepper"}),
    ("sparse_ae", {"penalty": "kl", "target": 0.2, "sparsity": 3.0}),
    ("gan", {"packing": 3, "smoothing": 0.9, "d_steps": 2, "g_steps": 2, "r1": 3.0}),
    ("gan", {"r1": 0.0, "averaging": 0.0}),
    ("wgan_gp", {"d_steps": 1, "penalty": 1.0}),
]


@pytest.fixture(autouse=True)
def denormals() -> Iterator[None]:
    """Training in a script flushes them in this thread, as a trainer does in its own."""
    yield
    torch.set_flush_denormal(False)


def run_text(saved: SavedRun) -> dict[str, Any]:
    """The names that a script defines."""
    names: dict[str, Any] = {"__name__": "script", "__file__": "script.py"}
    exec(compile(script_of(saved, saved.snapshot()), "script.py", "exec"), names)
    return names


def fresh_model(names: dict[str, Any], saved: SavedRun) -> torch.nn.Module:
    conv = any(each.ndim == 4 for each in saved.weights.values())
    model: torch.nn.Module = names["Model"]()
    return model.to(memory_format=torch.channels_last) if conv else model


def check(saved: SavedRun, data: Dataset) -> None:
    """The script draws the samples of the snapshot, and trains with the losses of the history."""
    names = run_text(saved)
    model, snapshot = fresh_model(names, saved), saved.snapshot()
    model.load_state_dict({name: torch.from_numpy(each) for name, each in script._weights(snapshot).items()})
    drawn = names["sample"](model, 20, 4)
    assert np.array_equal(drawn, snapshot.decode(prior(20, 2, 4)))

    images = torch.from_numpy(data.train.pixels)
    model = fresh_model(names, saved)
    terms = list(names["train"](model, images, saved.step))
    for column, at in ((name, i) for i, name in enumerate(saved.history.names) if name not in ("step", "seconds")):
        assert [each[column] for each in terms] == saved.history.rows[:, at].tolist(), column
    trained = {name: each.numpy() for name, each in model.state_dict().items()}
    for name, weights in script._weights(snapshot).items():
        if name in ("mean", "std"):
            assert np.allclose(trained[name], weights, rtol=1e-4, atol=1e-5)
        else:
            assert np.array_equal(trained[name], weights), name


@pytest.mark.parametrize("network", ["mlp", "conv"])
@pytest.mark.parametrize("name", MODELS.names())
def test_every_model_in_both_networks(name: str, network: str, tiny: Tiny) -> None:
    check(saved_run(name, tiny(), network), tiny())


@pytest.mark.parametrize("name", MODELS.names())
def test_every_model_of_points(name: str) -> None:
    data = points()
    check(saved_run(name, data), data)


@pytest.mark.parametrize("name", ["vae", "wgan_gp"])
def test_points_of_five_coordinates(name: str) -> None:
    check(saved_run(name, five_columns()), five_columns())


@pytest.mark.parametrize(("name", "knobs"), MODEL_KNOBS)
def test_knobs(name: str, knobs: dict[str, object], tiny: Tiny) -> None:
    check(saved_run(name, tiny(), **knobs), tiny())


@pytest.mark.parametrize("name", ["denoising_ae", "sparse_ae", "gan"])
def test_knobs_of_points(name: str) -> None:
    knobs = {
        "denoising_ae": {"corruption": "gaussian", "pixel_sigma": 0.3},
        "sparse_ae": {"penalty": "kl"},
        "gan": {"packing": 2},
    }
    data = points()
    check(saved_run(name, data, **knobs[name]), data)


@pytest.mark.parametrize("name", ["vae", "wae", "gan"])
def test_colour_of_odd_sides_and_half_precision(name: str, tiny: Tiny) -> None:
    data = tiny(channels=3, side=30)
    check(saved_run(name, data, "conv", precision="bfloat16"), data)


@pytest.mark.parametrize("name", MODELS.names())
def test_it_can_be_read_in_one_sitting(name: str, tiny: Tiny) -> None:
    for network, turned in (("mlp", (Turn(3, "lr", 0.1),)), ("conv", ())):
        saved = saved_run(name, tiny(side=64 if network == "conv" else 28), network, steps=0)
        text = script_of(dataclasses.replace(saved, turns=turned), saved.snapshot())
        assert ("Knobs were turned while it trained" in text) == bool(turned)
        assert len(text.splitlines()) <= MOST_LINES
        assert max(map(len, text.splitlines())) <= 120
        used = {node.id for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)}
        modules, constants = imported(text)
        assert modules <= {"torch", "numpy", "pathlib", "argparse", "copy", "functools", "hashlib", "math"}
        assert constants <= used  # nothing is imported or set in vain


def imported(text: str) -> tuple[set[str], set[str]]:
    """The modules that a script imports, and every name that it imports or sets on its top level."""
    modules, names = set(), set()
    for node in ast.parse(text).body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            module = node.module if isinstance(node, ast.ImportFrom) else node.names[0].name
            modules.add(str(module).split(".")[0])
            names |= {each.asname or each.name for each in node.names}
        elif isinstance(node, ast.Assign):
            names |= {each.id for each in ast.walk(node.targets[0]) if isinstance(each, ast.Name)}
    return modules, names


def test_a_script_that_draws_something_else_is_not_written(
    tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved = saved_run("ae", tiny())
    other = saved_run("ae", tiny(), steps=9).snapshot()
    monkeypatch.setattr(script, "_run", lambda path: (other.decode(prior(64, 2, 1)), ""))
    with pytest.raises(UserError, match=r"differs by .* from the model; nothing was written"):
        export(saved, saved.snapshot(), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_script_that_does_not_run_says_why(tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    saved = saved_run("ae", tiny())
    monkeypatch.setattr(script, "script_of", lambda *_: "raise SystemExit('no luck')")
    with pytest.raises(UserError, match="the script does not run: no luck; nothing was written"):
        export(saved, saved.snapshot(), tmp_path / "out")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "no python"))
    with pytest.raises(UserError, match="no python"):
        export(saved, saved.snapshot(), tmp_path / "out")


def test_a_title_is_no_code(tiny: Tiny) -> None:
    saved = saved_run("ae", tiny(), steps=1)
    hostile = {**saved.data, "title": '"""\nimport os\n$IMPORTS\\'}
    text = script_of(dataclasses.replace(saved, data=hostile), saved.snapshot())
    assert "import os" not in text.splitlines()
    ast.parse(text)


def test_a_model_of_somebody_s_own_has_none(user_files: Callable[[str, str], Path], tiny: Tiny) -> None:
    text = (
        "from core.models.ae import PlainAutoencoder\n"
        "from core.models.autoencoders import Autoencoder, one_cost\n"
        "from core.models.base import Phase, register\n"
        "@register('mine')\n"
        "class Mine(Autoencoder):\n"
        "    title, short, summary = 'My model', 'MINE', 'Mine.'\n"
        "    phases = PlainAutoencoder.phases\n"
        "    _loss = PlainAutoencoder._loss\n"
    )
    user_files("models/mine.py", text)
    saved = saved_run("mine", tiny(), steps=1)
    with pytest.raises(UserError, match=r"My model is a model of your own: .* export it to onnx or safetensors"):
        script_of(saved, saved.snapshot())
