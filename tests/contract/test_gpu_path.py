"""What every model promises a GPU, held on a pretended one: no operation mixes devices, and no step waits for it.

A step may read nothing back. The host waits at the end of an epoch, whose new order of the images it makes, and
`Training.take_rows` reads all losses since the last call in one transfer.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch

from core.datasets.base import Dataset, Images
from core.evaluation import model_side
from core.evaluation.model_side import ModelSide
from core.evaluation.real_side import RealSide
from core.foundation.history import History
from core.foundation.params import KnobError, KnobValue, changed, knob, knobs
from core.foundation.pixels import as_floats
from core.foundation.slices import finish
from core.metrics.base import METRICS, applicable, measured
from core.models import ae, vae
from core.models.base import MODELS, TrainConfig
from core.slow_motion.stepper import SlowMotion
from core.theory.latent_space import prior
from core.training.batches import DeviceDataset
from core.training.saved import Saved
from core.training.setup import Setup
from core.training.state import resume, state_of
from core.training.training import Training, columns_of
from tests.pretended_device import DeviceTensor, PretendedDevice, pretended_device
from tests.tables import five_columns

NAMES = MODELS.names()
PLACES = (("grey", "mlp"), ("grey", "conv"), ("colour", "mlp"), ("colour", "conv"), ("points", "mlp"))
OPTIMISERS = knob(TrainConfig, "optimiser").param.choices
COVER = [
    (name, *place, OPTIMISERS[(row + column) % len(OPTIMISERS)])
    for (row, name), (column, place) in itertools.product(enumerate(NAMES), enumerate(PLACES))
]
"""Every model on all places and with all optimisers, and every place with all optimisers."""
BATCH = 16
EPOCH = 4
"""Steps of a pass over the training images."""
SHUFFLE = "_to_copy in core/training/batches.py"


@pytest.fixture(scope="module")
def data(tiny: Callable[..., Dataset]) -> dict[str, Dataset]:
    whole = {"grey": tiny(), "colour": tiny(channels=3, side=32), "points": five_columns()}
    few = {name: Images(each.train.pixels[: EPOCH * BATCH]) for name, each in whole.items()}
    return {name: dataclasses.replace(each, train=few[name]) for name, each in whole.items()}


@pytest.fixture
def device() -> Iterator[PretendedDevice]:
    with pretended_device() as made:
        yield made


def fresh(
    name: str,
    data: Dataset,
    kind: str,
    network: str = "mlp",
    optimiser: str = "adam",
    **knob_values: Any,
) -> Training:
    """A model before its first step."""
    present = {knob.name for knob in knobs(MODELS.get(name).Config)}
    values = {"hidden": "24, 16", "channels": 4, "d_steps": 2, "optimiser": optimiser, **knob_values}
    config = MODELS.get(name).Config(**{key: value for key, value in values.items() if key in present})
    setup = Setup(network=network, batch=BATCH, seed=3, device=kind)
    return Training(name, config, setup, DeviceDataset(data, torch.device(kind)))


def turned(config: TrainConfig, live: bool) -> Iterator[TrainConfig]:
    """The config with each knob at other values: every other choice, or another number."""
    for each in knobs(type(config)):
        if each.param.live == live and each.name != "optimiser" and (each.param.choices or each.kind is not str):
            for value in each.param.choices or [_other(config, each.name)]:
                if value != getattr(config, each.name):
                    yield changed(config, each.name, value)


def _other(config: TrainConfig, name: str) -> KnobValue:
    """A number that the knob can take, and does not have."""
    turned, value = knob(type(config), name), getattr(config, name)
    for number in (2 * value, value // 2 if turned.kind is int else value / 2, 1):
        try:
            if number != value:
                return turned.check(number)
        except KnobError:
            continue
    raise AssertionError(f"no other number for {name}")


def go(training: Training, configs: list[TrainConfig]) -> None:
    """A step with each of the configs."""
    for config in configs:
        training.set_config(config)
        training.advance()


def check_steps(training: Training, configs: list[TrainConfig], device: PretendedDevice) -> None:
    """Steps that wait for nothing but the order of each new epoch."""
    device.waits.clear()
    before = training.batches.epoch
    go(training, configs)
    assert {wait.rpartition(":")[0] for wait in device.waits} <= {SHUFFLE}
    assert len(device.waits) <= math.ceil(training.batches.epoch - before)


@pytest.mark.parametrize(("name", "images", "network", "optimiser"), COVER)
def test_steps_under_all_live_knobs(
    name: str, images: str, network: str, optimiser: str, data: dict[str, Dataset]
) -> None:
    on_cpu = fresh(name, data[images], "cpu", network, optimiser)
    configs = [on_cpu.config] * EPOCH + list(turned(on_cpu.config, live=True))
    go(on_cpu, configs)
    with pretended_device() as device:
        training = fresh(name, data[images], "cuda", network, optimiser)
        check_steps(training, configs, device)
        assert all(type(each) is DeviceTensor for each in training.model.state_dict().values())
        device.waits.clear()
        rows = training.take_rows()
        assert len(device.waits) == 1, "all losses since the last call in one transfer"
    np.testing.assert_allclose(rows[:, 2:], on_cpu.take_rows()[:, 2:], rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_steps_under_all_other_knobs(name: str, data: dict[str, Dataset], device: PretendedDevice) -> None:
    for config in turned(fresh(name, data["grey"], "cpu").config, live=False):
        training = fresh(name, data["grey"], "cuda", **dataclasses.asdict(config))
        check_steps(training, [training.config] * 2, device)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_steps_on_mps(name: str, optimiser: str, data: dict[str, Dataset]) -> None:
    with pretended_device("mps") as device:
        training = fresh(name, data["points"], "mps", optimiser=optimiser)
        check_steps(training, [training.config] * 2, device)


@pytest.mark.parametrize("name", NAMES)
def test_a_snapshot_has_left_the_device(
    name: str, data: dict[str, Dataset], device: PretendedDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever decodes, encodes or measures works on the CPU, while the run goes on where it is."""
    training = fresh(name, data["grey"], "cuda", "conv")
    training.advance()
    snapshot = training.snapshot()
    held = [value for module in snapshot.model.modules() for value in vars(module).values()]
    assert not any(isinstance(each, DeviceTensor) for each in [*held, *snapshot.model.state_dict().values()])
    device.waits.clear()
    x = as_floats(data["grey"].test.pixels[:5])
    assert np.isfinite(snapshot.decode(prior(5, 2, 0))).all()
    for values in (snapshot.corrupt(x), snapshot.judge(x), snapshot.pull(x)):
        assert values is None or np.isfinite(values).all()
    assert (snapshot.encode(x) is not None) == snapshot.has_encoder
    monkeypatch.setattr(model_side, "DRAWS", 100)
    side = ModelSide(snapshot, RealSide(data["grey"]), images=20)
    for metric in map(METRICS.get, applicable(type(snapshot.model), data["grey"])):
        if not metric.expensive:
            assert math.isfinite(finish(measured(metric(), side)).value), metric.name
    assert device.waits == []
    check_steps(training, [training.config], device)


def test_the_unit_of_codes_is_measured_on_the_device() -> None:
    """Of more images than a sample has: they are weighted by what the device computes of all of them."""
    random = np.random.default_rng(0)
    images = Images(random.integers(0, 256, (1_500, 1, 6, 6)).astype(np.uint8))
    many = Dataset("many", "Many", images, images)
    expected = fresh("ae", many, "cpu").snapshot().scale
    with pretended_device("mps") as device:
        training = fresh("ae", many, "mps")
        device.waits.clear()
        found = training.snapshot().scale
        assert len(device.waits) < 40  # by the size of the set, not by that of the model
        check_steps(training, [training.config], device)
    assert expected is not None
    assert found is not None
    np.testing.assert_allclose(found, expected, rtol=1e-4)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("kind", "place"), [("cuda", "grey"), ("mps", "points")])
def test_slow_motion_narrates_the_step_of_the_run(name: str, kind: str, place: str, data: dict[str, Dataset]) -> None:
    on_cpu = SlowMotion(fresh(name, data[place], "cpu")).step()
    with pretended_device(kind) as device:
        training = fresh(name, data[place], kind)
        motion = SlowMotion(training.copy())
        record = motion.step()
        check_steps(training, [training.config], device)
        weights, after = (each.model.state_dict().values() for each in (training, motion.after))
        assert all(torch.equal(*pair) for pair in zip(weights, after, strict=True))
    numbers, expected = (
        [number.value for _, stage in each.places for number in stage.numbers] for each in (record, on_cpu)
    )
    np.testing.assert_allclose(numbers, expected, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_a_saved_run_goes_on_on_the_device(name: str, data: dict[str, Dataset], device: PretendedDevice) -> None:
    first = fresh(name, data["grey"], "cuda")
    first.advance()
    weights = first.snapshot().model.state_dict()
    training = fresh(name, data["grey"], "cuda")
    resume(training, Saved({name: each.numpy() for name, each in weights.items()}, first.step, first.seconds))
    check_steps(training, [training.config] * 3, device)
    training.check_last_step()
    training.restore(weights, 1)
    check_steps(training, [training.config] * 2, device)
    assert np.isfinite(training.take_rows()).all()
    other, saved = fresh(name, data["grey"], "cuda"), state_of(training, History(columns_of(name)), {})
    resume(other, saved)
    check_steps(other, [other.config] * 3, device)
    check_steps(training, [training.config] * 3, device)
    assert np.array_equal(other.take_rows()[:, 2:], training.take_rows()[:, 2:])


# --- the pretended device itself: what is wrong on a GPU is caught ---------------------------------------------------


def test_a_loss_that_reads_a_scalar_is_caught(monkeypatch: pytest.MonkeyPatch, data: dict[str, Dataset]) -> None:
    def reading(*args: Any) -> torch.Tensor:
        loss = distortion(*args)
        return loss if loss.item() > 0 else -loss

    distortion = vae.distortion
    monkeypatch.setattr(vae, "distortion", reading)
    with pretended_device() as device:
        training = fresh("vae", data["grey"], "cuda")
        with pytest.raises(AssertionError, match="_local_scalar_dense in core/models/vae"):
            check_steps(training, [training.config], device)


def test_a_model_with_a_tensor_on_the_cpu_is_caught(monkeypatch: pytest.MonkeyPatch, data: dict[str, Dataset]) -> None:
    weight = torch.ones(1, 28, 28)
    distortion = ae.distortion
    monkeypatch.setattr(ae, "distortion", lambda logits, *rest: distortion(weight * logits, *rest))
    with pretended_device(), pytest.raises(RuntimeError, match="same device, in core/models/ae"):
        fresh("ae", data["grey"], "cuda").advance()


READS: dict[str, Callable[[torch.Tensor], object]] = {
    "float": lambda x: float(x[0]),
    "bool": lambda x: bool((x > 0).any()),
    "if": lambda x: 1 if x[0] else 2,
    "item": lambda x: x.sum().item(),
    "tolist": lambda x: x.tolist(),
    "cpu": lambda x: x.cpu(),
    "to": lambda x: x.to("cpu"),
    "copy to the host": lambda x: torch.zeros(3).copy_(x),
    "copy from the host": lambda x: x.copy_(torch.zeros(3)),
    "new from a list": lambda x: torch.tensor([1.0, 2.0], device=x.device),
    "nonzero": lambda x: x.nonzero(),
    "mask": lambda x: x[x > 0],
    "masked_select": lambda x: x.masked_select(x > 0),
    "assign to a mask": lambda x: x.__setitem__(x > 0, torch.zeros(2, device=x.device)),
    "list as index": lambda x: x[[0, 2]],
    "unique": lambda x: x.unique(),
    "equal": lambda x: torch.equal(x, x + 1),
    "allclose": lambda x: torch.allclose(x, x),
    "repeat by a tensor": lambda x: x.repeat_interleave((x > 0).long()),
}


@pytest.mark.parametrize("read", READS)
def test_a_read_of_the_host_is_counted(read: str, device: PretendedDevice) -> None:
    x = torch.tensor([1.0, 0.0, 2.0]).to("cuda")
    device.waits.clear()
    READS[read](x)
    assert device.waits


NO_READS: dict[str, Callable[[torch.Tensor], object]] = {
    "arithmetic": lambda x: (2 * x + 1).mean().clamp_min(torch.tensor(0.0)),
    "device index": lambda x: x[torch.arange(2, device=x.device)],
    "slices": lambda x: x[1:][0],
    "where": lambda x: torch.where(x > 0, x, torch.zeros_like(x)),
    "draws": lambda x: torch.randn(3, generator=torch.Generator(device=x.device).manual_seed(1), device=x.device),
    "same device": lambda x: x.to(x.device).float(),
    "gradients": lambda x: torch.autograd.functional.jacobian(lambda y: y.square().sum(), x),
}


@pytest.mark.parametrize("work", NO_READS)
def test_work_on_the_device_waits_for_nothing(work: str, device: PretendedDevice) -> None:
    x = torch.tensor([1.0, 0.0, 2.0]).to("cuda")
    device.waits.clear()
    NO_READS[work](x)
    assert device.waits == []


MIXED: dict[str, Callable[[torch.Tensor], object]] = {
    "sum": lambda x: x + torch.ones(3),
    "matrix": lambda x: torch.nn.Linear(3, 2)(x),
    "parts": lambda x: torch.cat([x, torch.ones(3)]),
    "stack": lambda x: torch.stack([x[0], torch.tensor(1.0)]),
    "in place": lambda x: torch.ones(3).add_(x),
    "scalar of the device": lambda x: torch.ones(3) * x[0],
    "into a scalar of the host": lambda x: torch.tensor(1.0).add_(x[0]),
    "index on the device": lambda x: torch.ones(3)[x.long()],
    "host's generator": lambda x: torch.rand(3, generator=torch.Generator(), device=x.device),
    "device's generator": lambda x: torch.rand(3, generator=torch.Generator(device=x.device)),
    "numpy": lambda x: x.numpy(),
}


@pytest.mark.parametrize("mix", MIXED)
def test_two_devices_in_one_operation_raise(mix: str, device: PretendedDevice) -> None:
    x = torch.tensor([1.0, 0.0, 2.0]).to("cuda")
    with pytest.raises((RuntimeError, TypeError)):
        MIXED[mix](x)


def test_nothing_is_left_of_it() -> None:
    generator = torch.Generator
    with pretended_device() as device:
        x = torch.ones(3, device=device.place)
        assert (x.device, str(x.held.device)) == (device.place, "cpu")
    assert torch.Generator is generator
    assert torch.ones(3).device.type == "cpu"
    with pytest.raises(RuntimeError, match="after its end"):
        x.sum()


def test_mps_has_no_float64() -> None:
    with pretended_device("mps") as device, pytest.raises(TypeError, match="float64"):
        torch.ones(3, device=device.place).double()
