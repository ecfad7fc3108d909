"""How often each printed 95 % interval holds what it aims at, by simulation: ``python -m tests.interval_coverage``.

A mean or a share of independent trials aims at the value of infinitely many. A share beyond a quantile (holes,
off-manifold) aims at infinitely many draws and test images, with the training images as they are. Everything that
depends on neighbours, or reads more than zero for a perfect model, aims at its own mean over fresh sets of these sizes.
"""

from __future__ import annotations

import argparse
import functools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np

from core.evaluation.plane_statistics import Cells, Sliced, sliced_deviation
from core.foundation.slices import Work, finish
from core.metrics import base
from core.metrics.active_units import ActiveUnits
from core.metrics.base import METRICS, Measured
from core.metrics.classes_caught import surely_and_perhaps
from core.metrics.duplicates import support
from core.metrics.label_kl import terms
from core.metrics.memorisation import nearer
from core.theory import frechet, prdc
from core.theory.count_intervals import of_divergence

Random = np.random.Generator
DRAWS = 400
"""Simulated intervals of a case."""


@dataclass(frozen=True)
class Case:
    """An interval under simulation: of which ``measure``, on what data, with ``n`` test images and ``m`` samples.

    ``read`` draws fresh sets and measures them. ``target`` is None where it is the mean of the readings. ``cautious``
    intervals hold it too often: a whole number has few values, an end may be open, and a lost class may be a rare one.
    """

    measure: str
    data: str
    n: int
    m: int
    read: Callable[[Random], Measured]
    target: float | None = None
    cautious: bool = False


def simulate(case: Case, draws: int = DRAWS) -> tuple[float, float]:
    """The share of intervals that hold the target, NaN where none was printed, and the share that was printed."""
    found = [case.read(np.random.default_rng([7, seed])) for seed in range(draws)]
    target = float(np.mean([each.value for each in found])) if case.target is None else case.target
    printed = [each for each in found if not math.isnan(each.low) or not math.isnan(each.high)]
    inside = [not each.low > target and not each.high < target for each in printed]  # NaN: an open end
    return (float(np.mean(inside)) if inside else math.nan), len(printed) / draws


# --- data


def ring(random: Random, n: int, modes: int = 8, sigma: float = 0.05) -> np.ndarray:
    """Points (n, 2) of Gaussians on a ring of eight, of which the first ``modes`` are drawn."""
    angle = 2 * np.pi * random.integers(0, modes, n) / 8
    centres = np.stack([np.cos(angle), np.sin(angle)], 1)
    return (centres + sigma * random.standard_normal((n, 2))).astype(np.float32)


@functools.cache
def _feature_maps() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(9)
    return 3 * random.standard_normal((10, 64)) / 8**0.5, random.standard_normal((8, 64)) / 8**0.5


def features(random: Random, n: int, classes: int = 10, wide: float = 1.0) -> np.ndarray:
    """Features (n, 64) of so many of ten classes that vary in eight directions, as a classifier's do."""
    centres, directions = _feature_maps()
    noise = wide * random.standard_normal((n, 8)) @ directions + 0.05 * random.standard_normal((n, 64))
    return (centres[random.integers(0, classes, n)] + noise).astype(np.float32)


PAIRS: dict[str, tuple[Callable[[Random, int], np.ndarray], Callable[[Random, int], np.ndarray]]] = {
    "2-D, 2 of 8 modes lost": (ring, lambda random, n: ring(random, n, 6, 0.08)),
    "2-D, the same": (ring, ring),
    "64-D, 2 of 10 classes lost": (features, lambda random, n: features(random, n, 8, 1.2)),
    "64-D, the same": (features, features),
}
"""Real rows and samples."""


# --- cases


def means(n: int) -> Iterator[Case]:
    """Distortion, rate, −ELBO, −log p(x), PSNR, SSIM, cycle error: means over images or draws."""
    yield Case("mean", "normal", n, 0, lambda random: base.mean_of(random.normal(0, 1, n)), 0.0)
    yield Case("mean", "skewness 1", n, 0, lambda random: base.mean_of(random.gamma(4.0, 0.25, n)), 1.0)


def shares(m: int) -> Iterator[Case]:
    """High-quality share: independent samples."""
    for p in (0.989, 0.8):
        read = functools.partial(lambda random, p: base.share_of(int(random.binomial(m, p)), m), p=p)
        yield Case("share", f"p = {p}", 0, m, read, 100 * p)


def of_neighbours(n: int, m: int, data: str) -> list[Case]:
    """Precision, recall, density, coverage, which share one comparison of the sets."""
    real, fake = PAIRS[data]

    @functools.cache
    def compared(seed: int) -> Any:
        random = np.random.default_rng(seed)
        sets = real(random, n), fake(random, m)
        found = finish(prdc.compare(*sets))
        return SimpleNamespace(found=found, spread=finish(prdc.deviations(found, *sets)))

    def side(seed: int) -> Any:
        def of(value: Any) -> Callable[[], Work[Any]]:
            def work() -> Work[Any]:
                yield
                return value

            return work

        both = compared(seed)
        perfect = SimpleNamespace(perfect_neighbours=of(both.found))
        neighbours, deviations = of(both.found), of(both.spread)
        return SimpleNamespace(
            sample_neighbours=neighbours, neighbour_deviations=deviations, real_side=perfect, draws=m
        )

    def read(random: Random, name: str) -> Measured:
        return finish(METRICS.get(name)().measure(side(int(random.integers(1 << 30)))))

    names = ("precision", "recall", "density", "coverage")
    return [Case(name, data, n, m, functools.partial(read, name=name)) for name in names]


def beyond(n: int, m: int) -> Iterator[Case]:
    """Hole share and off-manifold share: distances of draws beyond the quantile of those of test images."""
    for wide in (1.0, 1.3, 2.5):
        p = 0.05 ** (1 / wide**2)  # of a Rayleigh law that is so many times as wide

        def read(random: Random, wide: float = wide) -> Measured:
            return base.share_beyond(wide * random.rayleigh(1.0, m), random.rayleigh(1.0, n))

        yield Case("hole share", f"{100 * p:.0f} %", n, m, read, 100 * p)


def copies(n: int, m: int) -> Iterator[Case]:
    """Memorisation."""
    for shift in (0.5, 3.0):
        p = 0.5 * (1 + math.erf(shift / 2))

        def read(random: Random, shift: float = shift) -> Measured:
            share, error = nearer(random.normal(0, 1, m), random.normal(shift, 1, n))
            return base.share_of_dependent(share, min(n, m), error, min(n, m) - 1, n=m)

        yield Case("memorisation", f"{100 * p:.0f} %", n, m, read, 100 * p)


def duplicates(m: int) -> Iterator[Case]:
    """Support size, by how often two samples are of one kind. Where no pair is found, its bound is one-sided."""
    for kinds in (20, 5_000, 100_000, 1_000_000):

        def read(random: Random, kinds: int = kinds) -> Measured:
            _, index, counts = np.unique(random.integers(0, kinds, m), return_inverse=True, return_counts=True)
            return support(counts[index.reshape(-1)] - 1, 0, 0.0)

        yield Case("support size", f"{kinds:,} kinds", 0, m, read, float(kinds), cautious=not 20 < kinds < m * m / 20)


def units(n: int) -> Iterator[Case]:
    """Active units."""
    spread = np.array([1.0, 0.5, 0.1, 0.02, 0.012, 0.009, 0.004, 1e-3, 1e-4, 1e-5])
    worst = np.repeat([1.0, 0.00999], 5)

    def read(random: Random, variance: np.ndarray) -> Measured:
        def test_codes() -> Work[Any]:
            yield
            codes = np.sqrt(variance) * random.standard_normal((n, len(variance)))
            return codes, codes

        return finish(ActiveUnits().measure(SimpleNamespace(test_codes=test_codes)))  # type: ignore[arg-type]

    for data, variance in (("10 dims", spread), ("5 of 10 at the threshold", worst)):
        yield Case("active units", data, n, 0, functools.partial(read, variance=variance), 5.0, cautious=True)


def factors(n: int) -> Iterator[Case]:
    """MIG, of codes of two factors of three levels in four dimensions."""

    def read(random: Random) -> Measured:
        factor = random.integers(0, 3, (n, 2)).astype(np.float64)
        noise = random.standard_normal((n, 4))
        codes = noise + np.stack([2 * factor[:, 0], 1.5 * factor[:, 1], 0.7 * factor[:, 0], 0 * factor[:, 0]], 1)

        def test_codes() -> Work[Any]:
            yield
            return codes, codes

        dataset = SimpleNamespace(test=SimpleNamespace(factors=factor), factor_names=())
        subsets = SimpleNamespace(compared_index=np.arange(n))
        side = SimpleNamespace(
            test_codes=test_codes, dataset=dataset, real_side=SimpleNamespace(subsets=subsets), images=n
        )
        return finish(METRICS.get("mig")().measure(side))  # type: ignore[arg-type]

    yield Case("MIG", "2 factors, 4 dims", n, 0, read)


def of_counts(counts: np.ndarray, p: np.ndarray, reading: Callable[[Any], Any]) -> Measured:
    """A divergence of counts from probabilities."""
    return Measured(float(reading(counts)), *finish(of_divergence(counts, p, reading)))


def classes(m: int) -> Iterator[Case]:
    """Classes caught and label KL, of ten classes."""
    p = np.full(10, 0.1)
    lost = np.array([0, 0.004, 0.011, 0.05, 0.1, 0.1, 0.1, 0.1, 0.2, 0.335])
    worst = np.array([0, 0, 0.00999, 0.00999, 0.00999, 0.1, 0.2, 0.2, 0.2, 0.27003])
    tilted = np.linspace(0.05, 0.15, 10)

    def caught(random: Random, q: np.ndarray) -> Measured:
        counts = random.multinomial(m, q)
        low, high = surely_and_perhaps(counts, p)
        return Measured(float((counts >= 0.01 * m).sum()), low, high, n=m)

    for data, q, found in (("8 of 10", lost, 8.0), ("5 of 10, 3 at the threshold", worst, 5.0)):
        yield Case("classes caught", data, 0, m, functools.partial(caught, q=q), found, cautious=True)
    two = np.append(np.full(9, (1 - 2 / m) / 9), 2 / m)
    for data, q in (("the same", p), ("1 class lost, 2 rare", lost), ("1 class of 2 samples", two), ("tilted", tilted)):

        def read(random: Random, q: np.ndarray = q) -> Measured:
            counts = random.multinomial(m, q)

            return of_counts(counts, p, lambda some: terms(some, p).sum(-1))

        yield Case("label KL", data, 0, m, read, cautious="lost" in data)


def cells(m: int, count: int = 250) -> Iterator[Case]:
    """KL and JS in the plane, over ``count`` cells."""
    fifth = count // 5
    p = np.random.default_rng(0).dirichlet(np.full(count, 5.0))
    chart = Cells(0.1, np.arange(count - 1), p)
    tilted = p * np.exp(0.5 * np.random.default_rng(1).standard_normal(count))
    lost = np.where(np.arange(count) < fifth, 0, p)
    rare = np.where(lost > 0, lost * (1 - 2 / m) / lost.sum(), p / p[:fifth].sum() * 2 / m)
    for data, q in (
        ("the same", p),
        ("tilted", tilted / tilted.sum()),
        ("a fifth lost", lost / lost.sum()),
        ("a fifth in 2 samples", rare),
    ):
        for name, reading in (("KL in the plane", chart.kl), ("JS in the plane", chart.js)):

            def read(random: Random, q: np.ndarray = q, reading: Any = reading) -> Measured:
                counts = random.multinomial(m, q)
                return of_counts(counts, p, reading)

            yield Case(name, data, 0, m, read, cautious="fifth" in data)


def distances(n: int, m: int, data: str) -> Iterator[Case]:
    """Proxy-FD, and the sliced Wasserstein distance of points."""
    real, fake = PAIRS[data]

    def proxy_fd(random: Random) -> Measured:
        sets = real(random, n), fake(random, m)
        value = frechet.distance(*map(frechet.moments, sets))
        return base.distance_of(value, finish(frechet.deviation(*sets)), frechet.degrees(*sets))

    def sliced(random: Random) -> Measured:
        sets = real(random, n), fake(random, m)
        return base.distance_of(Sliced(sets[0], m).distance(sets[1]), finish(sliced_deviation(*sets)), min(n, 20) - 1)

    yield Case("Proxy-FD", data, n, m, proxy_fd)
    if data.startswith("2-D"):
        yield Case("sliced Wasserstein", data, n, m, sliced)


def cases(n: int, m: int) -> Iterator[Case]:
    """Every interval at n test images and m samples."""
    yield from means(n)
    yield from shares(m)
    for data in PAIRS:
        yield from of_neighbours(n, m, data)
        yield from distances(n, m, data)
    yield from beyond(n, m)
    yield from copies(n, m)
    yield from duplicates(m)
    yield from units(n)
    yield from factors(n)
    yield from classes(m)
    yield from cells(m)


def main() -> None:
    """Print the table, a line as soon as it is known."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, nargs="+", default=[20, 200, 2_500], help="test images")
    parser.add_argument("--m", type=int, default=2_500, help="samples")
    parser.add_argument("--draws", type=int, default=DRAWS)
    parser.add_argument("--only", nargs="+", default=[""], help="measures whose names begin so")
    chosen = parser.parse_args()
    print("| measure | data | n | samples | coverage, % | printed, % |\n|---|---|---:|---:|---:|---:|")
    for n in chosen.n:
        for case in cases(n, chosen.m):
            if case.measure.startswith(tuple(chosen.only)):
                inside, printed = simulate(case, chosen.draws)
                words = "—" if math.isnan(inside) else f"{100 * inside:.1f}"
                line = (case.measure, case.data, str(case.n or ""), str(case.m or ""), words, f"{100 * printed:.0f}")
                print("| " + " | ".join(line) + " |", flush=True)


if __name__ == "__main__":
    main()
