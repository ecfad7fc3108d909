"""Modes that plain and packed GANs catch on ring and grid, beside PacGAN's; also perfect and collapsed samples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.datasets.base import Dataset, load
from core.datasets.mixture import Mixture
from core.evaluation import plane_statistics
from core.evaluation.model_side import DRAWS, ModelSide
from core.evaluation.real_side import RealSide
from core.foundation.arrays import Floats
from core.foundation.slices import finish
from core.models.gan import GanConfig
from core.reproduction.plot import Series, StripChart, svg
from core.reproduction.rows import Log, Row, Section, mean_and_spread, snapshot_of, train
from core.training.setup import Setup

SEEDS = (1, 2, 3, 4, 5)
STEPS = 20_000
QUICK_STEPS = 4_000
SOURCE = "PacGAN (Lin et al. 2018)"


@dataclass(frozen=True)
class Layout:
    """A published layout of modes, and the modes that PacGAN's ``plain`` and ``packed`` GANs catch of its ``centres``.

    ``sigma`` is in units in which the centres lie within ±1: the published grid is four times as wide.
    """

    name: str
    title: str
    sigma: float
    packing: int
    plain: float
    packed: float
    centres: int


LAYOUTS = (
    Layout("ring", "ring of 8, σ 0.01", 0.01, 2, 6.3, 7.9, 8),
    Layout("grid", "grid of 25, σ 0.05 / 4", 0.0125, 4, 17.3, 24.8, 25),
)


@dataclass(frozen=True)
class Reading:
    """Measures of 2,500 points: modes, high-quality share in %, KL and JS in nats, sliced Wasserstein distance."""

    modes: float
    quality: float
    kl: float
    js: float
    distance: float


NAMES = ("modes", "quality", "kl", "js", "distance")
TITLES = ("modes caught", "high quality, %", "KL, nats", "JS, nats", "sliced Wasserstein")
DECIMALS = (1, 1, 3, 3, 3)


def modes(quick: bool, threads: int, log: Log) -> Section:
    """Five seeds each of a plain and a packed GAN, on ring and grid."""
    seeds, steps = (SEEDS[:2], QUICK_STEPS) if quick else (SEEDS, STEPS)
    rows: list[Row] = []
    charts: list[list[StripChart]] = []
    for layout in LAYOUTS:
        log(f"GANs on the {layout.title}")
        config = Mixture.Config(layout=layout.name, spread=layout.sigma)
        data = load("mixture", config)
        real_side = RealSide(data)
        readings = {
            "GAN": [_gan(data, real_side, 1, seed, steps, log) for seed in seeds],
            f"packed {layout.packing}": [_gan(data, real_side, layout.packing, seed, steps, log) for seed in seeds],
            "perfect": [
                measure_points(plane_statistics.fresh(real_side, DRAWS, 100 + seed), real_side) for seed in seeds
            ],
            "collapse": [measure_points(collapsed(real_side), real_side)],
        }
        rows += _rows(layout, readings, real_side)
        charts.append(_charts(layout, readings, real_side))
    text = (
        f"2-D z, dense layers of 128, Adam 1e-3, batches of 128, {steps:,} steps, pictures from averaged weights"
        f" (0.999), no penalty; {len(seeds)} seeds, 2,500 samples each (mean ± standard deviation over seeds). The"
        " packed GAN differs in nothing but the packing. PacGAN's networks and schedule are others, so the numbers"
        " stand beside each other; what must agree is the perfect generator with its floor."
    )
    return Section("Modes of ring and grid", text, tuple(rows), (("modes.svg", svg(charts)),))


def _gan(data: Dataset, real_side: RealSide, packing: int, seed: int, steps: int, log: Log) -> Reading:
    config = GanConfig(hidden="128, 128", lr_g=1e-3, lr_d=1e-3, r1=0.0, averaging=0.999, packing=packing)
    setup = Setup(network="mlp", latent=2, batch=128, steps=steps, seed=seed, threads=1)
    snapshot = snapshot_of(train("gan", config, setup, data, log))
    return measure_points(plane_statistics.flat(finish(ModelSide(snapshot, real_side).samples())), real_side)


def measure_points(points: Floats, real_side: RealSide) -> Reading:
    """Every measure of points (N, 2) against the density of the data."""
    density = real_side.dataset.density
    assert density is not None
    close = finish(plane_statistics.within(points, density))
    cells = finish(plane_statistics.chart(real_side)).cells
    counts = cells.count(points)
    ruler, _ = finish(plane_statistics.sliced(real_side))
    caught = float((close.sum(0) > 0).sum())
    quality = 100 * float(close.any(1).mean())
    return Reading(caught, quality, float(cells.kl(counts)), float(cells.js(counts)), ruler.distance(points))


def collapsed(real_side: RealSide) -> Floats:
    """Samples (N, 2) of the data's Gaussian around one centre only."""
    density = real_side.dataset.density
    assert density is not None
    noise = np.random.default_rng(0).standard_normal((DRAWS, 2), dtype=np.float32)
    points: Floats = (density.centres[0] + density.sigma * noise).astype(np.float32)
    return points


def _floors(real_side: RealSide) -> dict[str, tuple[float, float]]:
    chart, (_, sliced) = finish(plane_statistics.chart(real_side)), finish(plane_statistics.sliced(real_side))
    return {
        "kl": (chart.kl.low, chart.kl.high),
        "js": (chart.js.low, chart.js.high),
        "distance": (sliced.low, sliced.high),
    }


def _rows(layout: Layout, readings: dict[str, list[Reading]], real_side: RealSide) -> list[Row]:
    plain, packed = layout.plain, layout.packed
    published = {"GAN": f"{plain} / {layout.centres}", f"packed {layout.packing}": f"{packed} / {layout.centres}"}
    rows = []
    for generator, of_seeds in readings.items():
        setting = f"{layout.title}: {generator}"
        for name, title, decimals in zip(NAMES, TITLES, DECIMALS, strict=True):
            ours = mean_and_spread([getattr(each, name) for each in of_seeds], decimals)
            theirs = published.get(generator, "—") if name == "modes" else "—"
            rule, agrees = _rule(generator, name, of_seeds, real_side)
            rows.append(Row(setting, title, ours, theirs, SOURCE if theirs != "—" else "", rule, agrees))
    return rows


def _rule(generator: str, name: str, of_seeds: Sequence[Reading], real_side: RealSide) -> tuple[str, bool | None]:
    """What a perfect generator or a total collapse must read, and whether it does; ("", None) without a rule."""
    floors = _floors(real_side)
    mean = float(np.mean([getattr(each, name) for each in of_seeds]))
    if generator == "perfect":
        if name == "quality":
            return "within 0.5 of 98.9", abs(mean - 98.9) <= 0.5
        if name in floors:
            low, high = floors[name]
            return f"within its floor, {low:.3f} to {high:.3f}", low <= mean <= high
    if generator == "collapse" and name in floors:
        high = floors[name][1]
        return f"over ten times the floor's upper end, {high:.3f}", mean > 10 * high
    return "", None


def _charts(layout: Layout, readings: dict[str, list[Reading]], real_side: RealSide) -> list[StripChart]:
    floors = _floors(real_side)
    published = {"GAN": layout.plain, f"packed {layout.packing}": layout.packed}
    charts = []
    for name, title in zip(NAMES, TITLES, strict=True):
        series = tuple(
            Series(
                generator,
                tuple(getattr(each, name) for each in of_seeds),
                published.get(generator) if name == "modes" else None,
            )
            for generator, of_seeds in readings.items()
        )
        charts.append(StripChart(f"{layout.name}: {title}", series, floors.get(name)))
    return charts
