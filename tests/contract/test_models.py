"""What every model promises: runs over the registry, so a new file in core/models is held to it."""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from core.datasets.base import SOURCES, Dataset, Images, describe, load, reload
from core.engine.run_folder import SavedRun
from core.engine.run_folder import load as load_run
from core.engine.run_folder import save as save_run
from core.foundation.history import History
from core.foundation.params import changed, from_json, knobs, option_of, to_json
from core.foundation.pixels import as_floats
from core.models.base import MODELS
from core.probes import held_out
from core.theory.latent_space import prior
from core.training.batches import DeviceDataset
from core.training.setup import Setup
from core.training.snapshot import Snapshot
from core.training.training import FIXED, Diverged, Training, columns_of
from tests.tables import five_columns

NAMES = MODELS.names()
NETWORKS = ("mlp", "conv")
CPU = torch.device("cpu")

Tiny = Callable[..., Dataset]


def small(name: str, **knob_values: Any) -> Any:
    """The model's config with narrow networks, where it has the knobs for that."""
    config = MODELS.get(name).Config()
    present = {knob.name for knob in knobs(type(config))}
    values = {"hidden": "24, 16", "channels": 4, **knob_values}
    return dataclasses.replace(config, **{key: value for key, value in values.items() if key in present})


def trained(
    name: str,
    data: Dataset,
    network: str = "mlp",
    latent: int = 2,
    steps: int = 4,
    seed: int = 3,
    precision: str = "float32",
    **knob_values: Any,
) -> Training:
    """A model after a few steps."""
    setup = Setup(network=network, latent=latent, batch=8, seed=seed, device="cpu", precision=precision)
    training = Training(name, small(name, **knob_values), setup, DeviceDataset(data, CPU))
    for _ in range(steps):
        training.advance()
    return training


def snapshot_of(training: Training) -> Snapshot:
    return training.snapshot()


def check_model(training: Training, data: Dataset, latent: int) -> None:
    """Check what the rest of the program relies on, for a model after some steps."""
    model = type(training.model)
    steps = training.rows_waiting
    rows = training.take_rows()
    assert rows.shape == (steps, len(columns_of(model.name)))
    assert np.isfinite(rows).all()
    assert rows[:, 0].tolist() == list(range(training.step - steps + 1, training.step + 1))
    assert (np.diff(rows[:, 1]) >= 0).all()

    snapshot = snapshot_of(training)
    assert not snapshot.model.training
    assert not any(p.requires_grad for p in snapshot.model.parameters())
    x = as_floats(data.test.pixels[:5])
    check_images(snapshot.decode(prior(5, latent, 0)), x.shape)
    codes = snapshot.encode(x)
    assert (codes is not None) == model.has_encoder
    if codes is not None:
        assert codes.mu.shape == (5, latent)
        assert np.isfinite(codes.mu).all()
        if codes.sigma is not None:
            assert codes.sigma.shape == (5, latent)
            assert (codes.sigma > 0).all()
        check_images(snapshot.decode(codes.mu), x.shape)
    check_terms(snapshot, x, latent)
    corrupted = snapshot.corrupt(x)
    if corrupted is not None:
        check_images(corrupted, x.shape)
        assert not np.array_equal(corrupted, x)


def check_images(images: Any, shape: tuple[int, ...]) -> None:
    assert images.shape == shape
    assert images.dtype == np.float32
    if shape[2:] == (1, 1):
        assert np.isfinite(images).all()
        return
    assert images.min() >= 0
    assert images.max() <= 1


def check_terms(snapshot: Snapshot, x: Any, latent: int) -> None:
    terms = snapshot.measure(x)
    model = type(snapshot.model)
    assert set(terms) <= {"distortion", "rate", "rates"}
    assert ("distortion" in terms) == model.has_encoder
    assert ("rate" in terms) == (model.no_rate == "")  # a table says why there is none
    if "distortion" in terms:
        assert terms["distortion"].shape == (len(x),)
        assert np.isfinite(terms["distortion"]).all()
    if "rate" in terms:
        assert (terms["rate"] >= 0).all()
        assert terms["rates"].shape == (len(x), latent)
        np.testing.assert_allclose(terms["rates"].sum(1), terms["rate"], rtol=1e-5)
    again = snapshot.measure(x)
    for name, values in terms.items():  # always with the same noise
        np.testing.assert_array_equal(values, again[name])


def test_ours_are_there_and_none_is_broken() -> None:
    assert set(NAMES) >= {"ae", "sparse_ae", "denoising_ae", "vae", "gan", "wgan_gp"}
    assert not MODELS.broken


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize(("channels", "side"), [(1, 28), (3, 32)], ids=["grey", "rgb"])
def test_trains_decodes_and_encodes(name: str, network: str, channels: int, side: int, tiny: Tiny) -> None:
    data = tiny(channels, side)
    check_model(trained(name, data, network), data, 2)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("latent", [1, 2, 10, 64])
def test_any_latent_size(name: str, latent: int, tiny: Tiny) -> None:
    data = tiny()
    check_model(trained(name, data, latent=latent, steps=2), data, latent)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("channels", "side"), [(1, 30), (3, 64), (1, 45)])
def test_convolutions_fit_any_side(name: str, channels: int, side: int, tiny: Tiny) -> None:
    data = tiny(channels, side)
    check_model(trained(name, data, "conv", steps=2), data, 2)


@pytest.mark.parametrize("name", NAMES)
def test_dense_layers_fit_odd_sides(name: str, tiny: Tiny) -> None:
    data = tiny(1, 30)
    check_model(trained(name, data, "mlp", steps=2), data, 2)


@pytest.fixture(scope="module")
def planes() -> dict[str, Dataset]:
    """A thousand points of every source of points that needs no folder."""
    free = [name for name in SOURCES.names() if not hasattr(SOURCES.get(name).Config, "data")]
    few = {name: {"train_images": 1000} if hasattr(SOURCES.get(name).Config, "train_images") else {} for name in free}
    loaded = {name: load(name, SOURCES.get(name).Config(**knobs)) for name, knobs in few.items() if knobs}
    return {name: data for name, data in loaded.items() if data.points}


def check_points(name: str, network: str, data: Dataset) -> None:
    """80 steps: the distortion falls, where noise of the default size does not hide the data."""
    training = trained(name, data, network, steps=80)
    rows = training._rows[:80].clone()
    check_model(training, data, 2)
    if MODELS.get(name).has_encoder and name != "denoising_ae":
        column = training.columns.index("distortion")
        assert float(rows[-10:, column].mean()) < 0.9 * float(rows[:5, column].mean())


@pytest.mark.parametrize("name", NAMES)
def test_points_of_a_plane_train_too(name: str, planes: dict[str, Dataset]) -> None:
    assert set(planes) >= {"mixture", "moons", "spiral", "pinwheel", "drawn"}
    for data in planes.values():
        check_points(name, "mlp", data)
    check_points(name, "conv", planes["spiral"])  # where points lie is nothing to its layers


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("network", NETWORKS)
def test_points_of_five_coordinates_train_too(name: str, network: str) -> None:
    check_points(name, network, five_columns())


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("network", NETWORKS)
def test_half_precision_computes_the_same_roughly(name: str, network: str, tiny: Tiny) -> None:
    data = tiny()
    half, full = (trained(name, data, network, steps=8, precision=each) for each in ("bfloat16", "float32"))
    assert all(parameter.dtype == torch.float32 for parameter in half.model.parameters())
    rows = half._rows[:8].clone()
    assert not torch.equal(rows, full._rows[:8])
    torch.testing.assert_close(rows[0], full._rows[0], rtol=0.05, atol=0.05)
    check_model(half, data, 2)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("network", NETWORKS)
def test_every_choice_of_every_knob_trains(name: str, network: str, tiny: Tiny) -> None:
    data = tiny()
    for knob in knobs(MODELS.get(name).Config):
        for choice in knob.param.choices:
            if choice != knob.default:
                check_model(trained(name, data, network, steps=2, **{knob.name: choice}), data, 2)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("network", NETWORKS)
def test_every_weight_learns(name: str, network: str, tiny: Tiny) -> None:
    training = trained(name, tiny(), network, steps=0)
    before = {key: value.clone() for key, value in training.model.named_parameters()}
    for _ in range(12):
        training.advance()
    still = {key: value for key, value in training.model.named_parameters() if torch.equal(value, before[key])}
    assert not [key for key, value in still.items() if value.numel() > 1]  # a critic's last bias cancels out


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("network", NETWORKS)
def test_the_seed_decides_everything(name: str, network: str, tiny: Tiny) -> None:
    data = tiny()
    one, two, other = (trained(name, data, network, steps=6, seed=seed) for seed in (3, 3, 4))
    torch.manual_seed(12345)  # the global generator has no say
    assert np.array_equal(one.take_rows()[:, 2:], two.take_rows()[:, 2:])
    for a, b in zip(one.model.state_dict().values(), two.model.state_dict().values(), strict=True):
        assert torch.equal(a, b)
    assert not np.array_equal(two._rows[:6], other._rows[:6])


@pytest.mark.parametrize("name", NAMES)
def test_phases_share_no_weight(name: str, tiny: Tiny) -> None:
    training = trained(name, tiny(), steps=0)
    owners: dict[int, str] = {}
    for phase, _, parameters in training.turns:
        for parameter in parameters:
            assert owners.setdefault(id(parameter), phase.name) == phase.name
        assert knob_named(name, phase.lr).param.live
        assert phase.times(training.config) >= 1


def knob_named(model: str, name: str) -> Any:
    return next(knob for knob in knobs(MODELS.get(model).Config) if knob.name == name)


@pytest.mark.parametrize("name", NAMES)
def test_says_what_it_shows(name: str) -> None:
    model = MODELS.get(name)
    assert model.title
    assert model.short
    assert model.summary.endswith(".")
    assert not set(model.columns) & set(FIXED)
    assert model.watched
    assert set(model.watched) <= set(model.columns)
    for series in model.chart.series:
        assert series.column in (model.columns if series.source == "train" else held_out.COLUMNS)
    if model.chart.band is not None:
        assert set(model.chart.band[:2]) <= set(model.columns)
    assert model.chart.unit
    assert model.chart.about.endswith(".")
    assert model.chart.formula


def every_config(name: str) -> list[Any]:
    """The default, and each knob at each of its choices and at both its ends."""
    kind = MODELS.get(name).Config
    configs = [kind()]
    for knob in knobs(kind):
        ends = [end for end in (knob.param.low, knob.param.high) if end is not None]
        configs += [changed(kind(), knob.name, value) for value in (*knob.param.choices, *ends)]
    return configs


@pytest.mark.parametrize("name", NAMES)
def test_declares_what_others_ask(name: str, tiny: Tiny) -> None:
    """What a model declares holds for all its configs, and names knobs and columns that exist."""
    model, knob_names = MODELS.get(name), {knob.name for knob in knobs(MODELS.get(name).Config)}
    for config in every_config(name):
        assert "{" not in model.badge_of(config)
        assert {readout.column for readout in model.readouts(config)} <= set(model.columns)
        weight, names = model.rate_weight(config), model.rate_knobs
        if names is None:
            assert (weight.value, weight.at(10), weight.fixed_from) == (1.0, 1.0, 0.0)
        else:
            assert model.no_rate == ""
            assert {names.weight, names.schedule, names.length} <= knob_names
            assert weight.value == getattr(config, names.weight)
            assert math.isinf(weight.fixed_from) or weight.at(int(weight.fixed_from)) == weight.value
        game = model.game(config)
        assert game is None or ({game.judge, game.generator} <= set(model.columns) and game.least < game.guessing)
        for remedy in itertools.chain.from_iterable(model.remedies(config).values()):
            assert remedy.advice.endswith(".")
            assert not (remedy.knob and remedy.sampler)
            assert bool(remedy.label) == bool(remedy.knob or remedy.sampler)
            if remedy.knob and remedy.applies:
                assert knob_named(name, remedy.knob).check(remedy.value) == remedy.value
    assert bool(model.usual_holes) == model.has_encoder
    training = trained(name, tiny())
    x = torch.rand(2, 1, 28, 28)
    assert (training.model.corrupt(x, training.config, torch.Generator()) is not None) == model.corrupts


@pytest.mark.parametrize("name", NAMES)
def test_knobs_are_described(name: str) -> None:
    config = MODELS.get(name).Config()
    names = {knob.name for knob in knobs(type(config))}
    for knob in knobs(type(config)):
        assert knob.check(knob.default) == knob.default
        assert knob.param.label
        assert knob.param.help.endswith(".")
        assert all(knob.check(preset) == preset for preset in knob.param.presets)
        assert knob.param.when is None or knob.param.when[0] in names
        if knob.kind in (int, float):
            assert knob.param.low is not None
            assert knob.param.high is not None
    assert from_json(type(config), to_json(config)) == config


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("source", SOURCES.names())
def test_no_two_options_are_the_same(name: str, source: str) -> None:
    types = (Setup, MODELS.get(name).Config, SOURCES.get(source).Config)
    options = [option_of(knob) for kind in types for knob in knobs(kind)]
    options += ["--model", "--dataset", "--out", "--json", "--help"]
    assert len(set(options)) == len(options)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("network", NETWORKS)
def test_a_saved_run_decodes_the_same(name: str, network: str, tiny: Tiny, tmp_path: Any) -> None:
    data = tiny(3, 32)
    training = trained(name, data, network)
    snapshot = snapshot_of(training)
    history = History(columns_of(name))
    history.append(training.take_rows())
    setup = Setup(network=network, latent=2)
    facts, weights = {"name": "tiny", "shape": [3, 32, 32]}, snapshot.model.state_dict()
    save_run(tmp_path, SavedRun(name, snapshot.config, setup, facts, snapshot.step, 1.5, weights, history.table()))
    saved = load_run(tmp_path)
    z = prior(4, 2, 0)
    np.testing.assert_array_equal(saved.snapshot().decode(z), snapshot.decode(z))
    assert saved.config == training.config


@pytest.mark.parametrize("name", NAMES)
def test_a_learning_rate_of_a_million_is_noticed(name: str, tiny: Tiny) -> None:
    rates = {phase.lr: 1e6 for phase, _, _ in trained(name, tiny(), steps=0).turns}
    training = trained(name, tiny(), steps=0, **rates)

    def go_on() -> None:
        for _ in range(40):
            training.advance()
        training.take_rows()

    with pytest.raises(Diverged) as caught:
        go_on()
    assert caught.value.term in MODELS.get(name).columns
    assert 1 <= caught.value.step <= 40
    assert len(caught.value.good) == caught.value.step - 1


@pytest.fixture(scope="module")
def real(mnist: Dataset) -> dict[str, Dataset]:
    """The first thousand images of the real sets."""
    datasets = {}
    for name, data in (("mnist", mnist), ("faces", load("faces", SOURCES.get("faces").Config(train_images=1000)))):
        parts = {part: Images(getattr(data, part).pixels[:1000]) for part in ("train", "test")}
        datasets[name] = dataclasses.replace(data, **parts)
    return datasets


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("dataset", ["mnist", "faces"])
def test_a_hundred_steps_on_real_images(name: str, network: str, dataset: str, real: dict[str, Dataset]) -> None:
    data = real[dataset]
    training = trained(name, data, network, steps=100)
    rows = training._rows[:100].clone()
    check_model(training, data, 2)
    if MODELS.get(name).has_encoder:  # it learns
        column = training.columns.index("distortion")
        assert float(rows[-20:, column].mean()) < 0.95 * float(rows[:10, column].mean())
    else:
        assert all(math.isfinite(float(value)) for value in rows[-1])


@pytest.mark.parametrize("name", NAMES)
def test_a_saved_run_of_a_drawing_opens_again(name: str, tmp_path: Any) -> None:
    source = SOURCES.get("drawn")
    config = source.Config(strokes="-0.5,0 0.5,0.25;0,-1", noise=0.03, train_images=1000)
    data = load("drawn", config)
    training = trained(name, data)
    history = History(columns_of(name))
    history.append(training.take_rows())
    facts, weights = describe(data, config), snapshot_of(training).model.state_dict()
    knobs, step = training.config, training.step
    save_run(tmp_path, SavedRun(name, knobs, Setup(latent=2), facts, step, 1.5, weights, history.table()))
    saved = load_run(tmp_path)
    reloaded, reloaded_config = reload(saved.data)
    assert reloaded_config == config
    np.testing.assert_array_equal(reloaded.train.pixels, data.train.pixels)
    np.testing.assert_array_equal(saved.snapshot().decode(prior(4, 2, 0)), snapshot_of(training).decode(prior(4, 2, 0)))
