"""Autoencoders as generators: z from the prior or from a density fitted to their codes, beside the VAE."""

from __future__ import annotations

import numpy as np

from core.datasets.base import load
from core.evaluation.model_side import ModelSide
from core.evaluation.real_side import RealSide
from core.evaluation.training_codes import NEIGHBOUR
from core.foundation.slices import finish
from core.models.base import AutoencoderConfig
from core.models.vae import VaeConfig
from core.reproduction.rows import Log, Row, Section, mean_and_spread, measure, snapshot_of, train
from core.theory.neighbours import PointSet, kth_distances, reach
from core.training.setup import Setup
from core.training.snapshot import Snapshot

SEEDS = (1, 2, 3)
LATENT = 16
EPOCHS = 10
GENERATORS = (
    ("ae", "raw", "AE from N(0, 1)"),
    ("ae", "prior", "AE from N(0, 1) in units of its own σ"),
    ("ae", "gaussian", "AE from a fitted Gaussian"),
    ("ae", "gmm", "AE from a GMM"),
    ("vae", "prior", "VAE from its prior"),
    ("vae", "gmm", "VAE from a GMM"),
)
"""Model, sampler of z, and the name in the report."""
SOURCE = "Ghosh et al. 2020"

Reading = tuple[float, float, float]
"""Proxy-FD, coverage in %, and the share in % of the drawn z in holes."""


def generators(quick: bool, threads: int, log: Log) -> Section:
    """Proxy-FD, coverage and hole share of samples, by model and sampler of z."""
    log("autoencoders as generators, MNIST")
    data = load("mnist")
    seeds, epochs = (SEEDS[:1], 3) if quick else (SEEDS, EPOCHS)
    real_side = RealSide(data)
    readings: dict[tuple[str, str], list[Reading]] = {}
    for seed in seeds:
        for model, config in (("ae", AutoencoderConfig()), ("vae", VaeConfig())):
            setup = Setup(network="mlp", latent=LATENT, batch=128, epochs=epochs, seed=seed, threads=threads)
            snapshot = snapshot_of(train(model, config, setup, data, log))
            for sampler in (sampler for owner, sampler, _ in GENERATORS if owner == model):
                readings.setdefault((model, sampler), []).append(_reading(snapshot, real_side, sampler))
    floor = measure("proxy_fd", ModelSide(snapshot, real_side)).floor
    rows = []
    for model, sampler, name in GENERATORS:
        distance, coverage, holes = (list(values) for values in zip(*readings[model, sampler], strict=True))
        rows.append(Row(name, "proxy-FD (lower is better)", mean_and_spread(distance, 2), "", SOURCE))
        rows.append(Row(name, "coverage, %", mean_and_spread(coverage, 1)))
        rows.append(Row(name, "hole share, %", mean_and_spread(holes, 1)))
    text = (
        f"Dense networks, {LATENT} latent dimensions, {epochs} epochs, {_seeds(len(seeds))} (mean ± spread)."
        f" 2,500 samples against 2,500 test images; two real sets of these sizes are {floor:.2f} apart. The hole share"
        " is that of the very z that were drawn. Ghosh et al. find the GMM several times better than the prior,"
        f" and better than the VAE from its prior. Here {_finding(readings)}."
    )
    return Section("Autoencoders as generators", text, tuple(rows))


def _seeds(count: int) -> str:
    return "1 seed" if count == 1 else f"{count} seeds"


def _reading(snapshot: Snapshot, real_side: RealSide, sampler: str) -> Reading:
    """Measures of one snapshot. Holes as in `core.evaluation.training_codes`."""
    model_side = ModelSide(snapshot, real_side, sampler)
    _, train = finish(model_side.train_codes())
    _, test = finish(model_side.test_codes())
    points = PointSet(train)
    far = reach(finish(kth_distances(test, points, NEIGHBOUR)))
    holes = float((finish(kth_distances(finish(model_side.z()), points, NEIGHBOUR)) > far).mean())
    return measure("proxy_fd", model_side).value, measure("coverage", model_side).value, 100 * holes


def _finding(readings: dict[tuple[str, str], list[Reading]]) -> str:
    """The result in words, from the means of proxy-FD."""
    mean = {key: float(np.mean([distance for distance, _, _ in values])) for key, values in readings.items()}
    raw, mixture, vae = mean["ae", "raw"], mean["ae", "gmm"], mean["vae", "prior"]
    against_raw = f"the AE is {raw / mixture:.1f} times nearer to the data from a GMM than from N(0, 1)"
    against_vae = "nearer" if mixture < vae else "farther"
    return f"{against_raw}, and {against_vae} than the VAE from its prior ({mixture:.1f} against {vae:.1f})"
