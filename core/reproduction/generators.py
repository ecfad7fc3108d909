"""Autoencoders as generators: from the prior, from what is fitted to their codes; beside the VAE from its prior."""

from __future__ import annotations

import numpy as np

from core.datasets.base import Dataset, load
from core.evaluation.model_side import ModelSide
from core.evaluation.real_side import RealSide
from core.evaluation.training_codes import NEIGHBOUR
from core.foundation.slices import finish
from core.models.base import AutoencoderConfig
from core.models.vae import VaeConfig
from core.reproduction.rows import Row, Section, Tell, mean_and_spread, snapshot_of, trained, value_of
from core.theory.neighbours import PointSet, kth_distances, reach
from core.training.setup import Setup
from core.training.snapshot import Snapshot

SEEDS = (1, 2, 3)
LATENT, EPOCHS = 16, 10
WAYS = (
    ("ae", "raw", "AE from N(0, 1)"),
    ("ae", "prior", "AE from N(0, 1) in units of its own σ"),
    ("ae", "gaussian", "AE from a fitted Gaussian"),
    ("ae", "gmm", "AE from a GMM"),
    ("vae", "prior", "VAE from its prior"),
    ("vae", "gmm", "VAE from a GMM"),
)
SOURCE = "Ghosh et al. 2020"


def generators(quick: bool, threads: int, tell: Tell) -> Section:
    """Proxy-FD, coverage and hole share of samples, by model and by where z comes from."""
    tell("autoencoders as generators, MNIST")
    data = load("mnist")
    seeds, epochs = (SEEDS[:1], 3) if quick else (SEEDS, EPOCHS)
    real_side = RealSide(data)
    found: dict[tuple[str, str], list[tuple[float, float, float]]] = {}
    for seed in seeds:
        for model, config in (("ae", AutoencoderConfig()), ("vae", VaeConfig())):
            setup = Setup(network="mlp", latent=LATENT, batch=128, epochs=epochs, seed=seed, threads=threads)
            snapshot = snapshot_of(trained(model, config, setup, data, tell))
            for kind, sampler, _ in WAYS:
                if kind == model:
                    found.setdefault((kind, sampler), []).append(_reading(snapshot, data, real_side, sampler))
    floor = value_of("proxy_fd", ModelSide(snapshot, real_side)).floor
    rows = []
    for kind, sampler, name in WAYS:
        distance, coverage, holes = (list(values) for values in zip(*found[kind, sampler], strict=True))
        rows.append(Row(name, "proxy-FD (lower is better)", mean_and_spread(distance, 2), "", SOURCE))
        rows.append(Row(name, "coverage, %", mean_and_spread(coverage, 1)))
        rows.append(Row(name, "hole share, %", mean_and_spread(holes, 1)))
    text = (
        f"Dense networks, {LATENT} latent dimensions, {epochs} epochs, {_seeds(len(seeds))} (mean ± spread)."
        f" 2,500 samples against 2,500 test images; two real sets of these sizes are {floor:.2f} apart. The hole share"
        " is that of the very z that were drawn. Ghosh et al. find the GMM several times better than the prior,"
        f" and better than the VAE from its prior. Here {_finding(found)}."
    )
    return Section("Autoencoders as generators", text, tuple(rows))


def _seeds(count: int) -> str:
    return "1 seed" if count == 1 else f"{count} seeds"


def _reading(snapshot: Snapshot, data: Dataset, real_side: RealSide, sampler: str) -> tuple[float, float, float]:
    """Proxy-FD, coverage in %, and the share in % of the drawn z in holes (`core.evaluation.training_codes`)."""
    model_side = ModelSide(snapshot, real_side, sampler)
    _, train = finish(model_side.train_codes())
    _, test = finish(model_side.test_codes())
    points = PointSet(train)
    far = reach(finish(kth_distances(test, points, NEIGHBOUR)))
    holes = float((finish(kth_distances(finish(model_side.z()), points, NEIGHBOUR)) > far).mean())
    return value_of("proxy_fd", model_side).value, value_of("coverage", model_side).value, 100 * holes


def _finding(found: dict[tuple[str, str], list[tuple[float, float, float]]]) -> str:
    """What came out, in words, from the means of proxy-FD."""
    mean = {key: float(np.mean([each[0] for each in values])) for key, values in found.items()}
    raw, mixture, vae = mean["ae", "raw"], mean["ae", "gmm"], mean["vae", "prior"]
    times = f"the AE is {raw / mixture:.1f} times nearer to the data from a GMM than from N(0, 1)"
    beside = "nearer" if mixture < vae else "farther"
    return f"{times}, and {beside} than the VAE from its prior ({mixture:.1f} against {vae:.1f})"
