"""A discriminator that judges several images at once (PacGAN)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from core.datasets.base import Dataset, load
from core.models.base import build
from core.models.gan import GanConfig
from core.nets.networks import Shape
from core.training.batches import DeviceDataset
from core.training.setup import Setup
from core.training.training import Training

Tiny = Callable[..., Dataset]


def test_a_pack_holds_the_images_that_follow_each_other() -> None:
    gan = build("gan", GanConfig(packing=3, hidden="8"), Shape(2, 4, 5, 2), "mlp")
    x = torch.arange(7 * 2 * 4 * 5, dtype=torch.float32).view(7, 2, 4, 5)
    packs = gan.packed(x)  # type: ignore[operator]
    assert packs.shape == (2, 6, 4, 5)
    assert torch.equal(packs[1], torch.cat([x[3], x[4], x[5]]))


def test_fewer_images_than_a_pack_are_repeated() -> None:
    gan = build("gan", GanConfig(packing=4, hidden="8"), Shape(2, 1, 1, 2), "mlp")
    x = torch.tensor([[1.0, 2.0], [3.0, 4.0]])[:, :, None, None]
    assert gan.packed(x).flatten().tolist() == [1, 2, 3, 4, 1, 2, 3, 4]  # type: ignore[operator]


@pytest.mark.parametrize("network", ["mlp", "conv"])
@pytest.mark.parametrize("r1", [0.0, 1.0])
def test_a_packed_gan_trains(network: str, r1: float, tiny: Tiny) -> None:
    data = tiny(1, 28)
    setup = Setup(network=network, batch=8, seed=3, device="cpu")
    config = GanConfig(packing=2, hidden="16", channels=4, r1=r1)
    training = Training("gan", config, setup, DeviceDataset(data, torch.device("cpu")))
    before = training.model.state_dict()[
        "scores.body.0.weight" if network == "conv" else "scores.body.1.weight"
    ].clone()
    for _ in range(3):
        training.advance()
    after = training.model.state_dict()["scores.body.0.weight" if network == "conv" else "scores.body.1.weight"]
    assert after.shape[1] == (2 if network == "conv" else 2 * 28 * 28)
    assert not torch.equal(before, after)


def test_the_discriminator_of_packs_sees_sameness() -> None:
    """Pairs of one point twice against pairs of two points: only a packed D can tell them apart."""
    data = load("mixture")
    gan = build("gan", GanConfig(packing=2, hidden="32"), Shape(*data.shape, 2), "mlp")
    x = torch.from_numpy(data.train.pixels[:512])
    optimiser = torch.optim.SGD(gan.scores.parameters(), lr=0.5)  # type: ignore[union-attr]
    same, other = gan.packed(x.repeat_interleave(2, 0)), gan.packed(x)  # type: ignore[operator]
    for _ in range(200):
        loss = torch.nn.functional.softplus(gan.scores(same)).mean()  # type: ignore[operator]
        loss = loss + torch.nn.functional.softplus(-gan.scores(other)).mean()  # type: ignore[operator]
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert loss.item() < 1.0  # undecided: 2 ln 2
