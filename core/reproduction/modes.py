"""Ring and grid: how many modes a plain and a packed GAN catch, beside PacGAN's; what perfect and collapsed read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.datasets.base import SOURCES, Dataset, load
from core.evaluation import plane_statistics
from core.evaluation.model_side import DRAWS, ModelSide
from core.evaluation.real_side import RealSide
from core.foundation.arrays import Floats
from core.foundation.slices import finish
from core.models.gan import GanConfig
from core.reproduction.plot import Kind, Strip, strips
from core.reproduction.rows import Row, Section, Tell, mean_and_spread, snapshot_of, trained
from core.training.setup import Setup

SEEDS = (1, 2, 3, 4, 5)
STEPS, QUICK_STEPS = 20_000, 4_000
SOURCE = "PacGAN (Lin et al. 2018)"


@dataclass(frozen=True)
class Layout:
    """``sigma`` is in units in which the centres lie within ±1: the published grid is four times as wide."""

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
    """What 2,500 points read: modes, high-quality share in %, KL and JS in nats, sliced Wasserstein distance."""

    modes: float
    quality: float
    kl: float
    js: float
    distance: float


NAMES = ("modes", "quality", "kl", "js", "distance")
TITLES = ("modes caught", "high quality, %", "KL, nats", "JS, nats", "sliced Wasserstein")
DECIMALS = (1, 1, 3, 3, 3)


def modes(quick: bool, threads: int, tell: Tell) -> Section:
    """Five seeds each of a plain and of a packed GAN, on ring and grid."""
    seeds, steps = (SEEDS[:2], QUICK_STEPS) if quick else (SEEDS, STEPS)
    rows: list[Row] = []
    charts: list[list[Strip]] = []
    for layout in LAYOUTS:
        tell(f"GANs on the {layout.title}")
        config = SOURCES.get("mixture").Config(layout=layout.name, spread=layout.sigma)
        data = load("mixture", config)
        real_side = RealSide(data)
        kinds = {
            "GAN": [_gan(data, real_side, 1, seed, steps, tell) for seed in seeds],
            f"packed {layout.packing}": [_gan(data, real_side, layout.packing, seed, steps, tell) for seed in seeds],
            "perfect": [read(plane_statistics.fresh(real_side, DRAWS, 100 + seed), real_side) for seed in seeds],
            "collapse": [read(collapsed(real_side), real_side)],
        }
        rows += _rows(layout, kinds, real_side)
        charts.append(_charts(layout, kinds, real_side))
    text = (
        f"2-D z, dense layers of 128, Adam 1e-3, batches of 128, {steps:,} steps, pictures from averaged weights"
        f" (0.999), no penalty; {len(seeds)} seeds, 2,500 samples each (mean ± standard deviation over seeds). The"
        " packed GAN differs in nothing but the packing. PacGAN's networks and schedule are others, so the numbers"
        " stand beside each other; what must agree is the perfect generator with its floor."
    )
    return Section("Modes of ring and grid", text, tuple(rows), (("modes.svg", strips(charts)),))


def _gan(data: Dataset, real_side: RealSide, packing: int, seed: int, steps: int, tell: Tell) -> Reading:
    config = GanConfig(hidden="128, 128", lr_g=1e-3, lr_d=1e-3, r1=0.0, averaging=0.999, packing=packing)
    setup = Setup(network="mlp", latent=2, batch=128, steps=steps, seed=seed, threads=1)
    snapshot = snapshot_of(trained("gan", config, setup, data, tell))
    return read(plane_statistics.flat(finish(ModelSide(snapshot, real_side).samples())), real_side)


def read(points: Floats, real_side: RealSide) -> Reading:
    """Every measure of points (N, 2) against the density of the data."""
    density = real_side.dataset.density
    assert density is not None
    close = finish(plane_statistics.within(points, density))
    cells = finish(plane_statistics.chart(real_side)).cells
    counts = cells.count(points)
    ruler, _ = finish(plane_statistics.sliced(real_side))
    caught = float((close.sum(0) > 0).sum())
    share = 100 * float(close.any(1).mean())
    return Reading(caught, share, float(cells.kl(counts)), float(cells.js(counts)), ruler.distance(points))


def collapsed(real_side: RealSide) -> Floats:
    """All samples around one centre, as the data are around it."""
    density = real_side.dataset.density
    assert density is not None
    noise = np.random.default_rng(0).standard_normal((DRAWS, 2), dtype=np.float32)
    points: Floats = (density.centres[0] + density.sigma * noise).astype(np.float32)
    return points


def _floors(real_side: RealSide) -> dict[str, tuple[float, float]]:
    chart, (_, far) = finish(plane_statistics.chart(real_side)), finish(plane_statistics.sliced(real_side))
    return {
        "kl": (chart.kl.low, chart.kl.high),
        "js": (chart.js.low, chart.js.high),
        "distance": (far.low, far.high),
    }


def _rows(layout: Layout, kinds: dict[str, list[Reading]], real_side: RealSide) -> list[Row]:
    plain, packed = layout.plain, layout.packed
    published = {"GAN": f"{plain} / {layout.centres}", f"packed {layout.packing}": f"{packed} / {layout.centres}"}
    rows = []
    for kind, readings in kinds.items():
        setting = f"{layout.title}: {kind}"
        for name, title, decimals in zip(NAMES, TITLES, DECIMALS, strict=True):
            ours = mean_and_spread([getattr(each, name) for each in readings], decimals)
            theirs = published.get(kind, "—") if name == "modes" else "—"
            rule, agrees = _judgement(kind, name, readings, real_side)
            rows.append(Row(setting, title, ours, theirs, SOURCE if theirs != "—" else "", rule, agrees))
    return rows


def _judgement(kind: str, name: str, readings: Sequence[Reading], real_side: RealSide) -> tuple[str, bool | None]:
    """What a perfect generator and a total collapse must read."""
    floors = _floors(real_side)
    mean = float(np.mean([getattr(each, name) for each in readings]))
    if kind == "perfect":
        if name == "quality":
            return "within 0.5 of 98.9", abs(mean - 98.9) <= 0.5
        if name in floors:
            low, high = floors[name]
            return f"within its floor, {low:.3f} to {high:.3f}", low <= mean <= high
    if kind == "collapse" and name in floors:
        high = floors[name][1]
        return f"over ten times the floor's upper end, {high:.3f}", mean > 10 * high
    return "", None


def _charts(layout: Layout, kinds: dict[str, list[Reading]], real_side: RealSide) -> list[Strip]:
    floors = _floors(real_side)
    published = {"GAN": layout.plain, f"packed {layout.packing}": layout.packed}
    charts = []
    for name, title in zip(NAMES, TITLES, strict=True):
        columns = tuple(
            Kind(
                kind, tuple(getattr(each, name) for each in readings), published.get(kind) if name == "modes" else None
            )
            for kind, readings in kinds.items()
        )
        charts.append(Strip(f"{layout.name}: {title}", columns, floors.get(name)))
    return charts
