"""What the plots of the ELBO and the reparameterization page give away as tables is what they draw."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from core.probes import elbo_anatomy
from core.theory import intervals
from core.theory import reparameterization as rp
from core.theory.reparameterization import ESTIMATORS
from gui.information.pages.reparameterization.estimators import NAMES
from gui.information.pages.reparameterization.page import ReparameterizationPage
from tests.gui.information.plot_hands import Hands, assert_shown


def test_bounds_read_back_as_they_are_drawn(open_plot: Callable[[str], Hands]) -> None:
    hands = open_plot("bounds")
    shown = hands.plot.shown  # type: ignore[attr-defined]
    read = hands.table()
    assert list(read) == ["k", "bound nats", "lower nats", "upper nats"]
    assert {"k = 1", "10", "100", "1,000", "5,000", "−ELBO"} <= set(hands.words)
    assert_shown(read["k"], list(shown.bounds))
    assert_shown(read["bound nats"], list(shown.bounds.values()))
    for at, k in enumerate(shown.bounds):
        mean, half = intervals.of_mean(elbo_anatomy.bound_per_group(shown.log_weights, k))
        assert (read["lower nats"][at], read["upper nats"][at]) == pytest.approx(
            (mean - half, mean + half), nan_ok=True
        )
    hands.plot.link.choose((-0.25, 2.5), None)  # what is out of sight is not drawn
    assert hands.table()["k"] == [1, 10, 100]
    for name, values in hands.table(is_whole=True).items():
        np.testing.assert_array_equal(values, read[name])


def test_the_bars_of_the_draws_read_back_and_hold_them_all_in_the_end(open_plot: Callable[[str], Hands]) -> None:
    hands = open_plot("draws of z")
    distortions = hands.plot.shown.distortions  # type: ignore[attr-defined]
    read = hands.table()
    assert len(read["draws"]) == 48
    counts, edges = np.histogram(distortions, 48, hands.plot.home[0])
    assert read["draws"] == counts.tolist()
    np.testing.assert_allclose(read["from nats"], edges[:-1], rtol=1e-8)
    np.testing.assert_allclose(read["to nats"], edges[1:], rtol=1e-8)
    for _ in range(8):
        hands.plot.zoom(1 / 1.2)
    assert sum(hands.table()["draws"]) == len(distortions)
    assert_shown(hands.table(is_whole=True)["distortion nats"], distortions)
    width = (hands.plot.home[0][1] - hands.plot.home[0][0]) / 48
    read = hands.table()
    np.testing.assert_allclose(np.subtract(read["to nats"], read["from nats"]), width, rtol=1e-5)


def test_the_bars_of_the_estimates_read_back(open_plot: Callable[[str], Hands]) -> None:
    hands = open_plot("estimates")
    page = hands.page
    assert isinstance(page, ReparameterizationPage)
    page.lab.set_count(500)
    read = hands.table()
    assert list(read) == ["from", "to", *NAMES.values()]
    for way in ESTIMATORS:
        draws = page.lab.estimates.single_draws[way][:500]
        assert read[NAMES[way]] == np.histogram(draws, 61, hands.plot.home[0])[0].tolist()
    hands.plot.zoom(4.0)
    whole = hands.table(is_whole=True)
    assert_shown(whole["epsilon"], page.lab.epsilon[:500])
    for way in ESTIMATORS:
        assert_shown(whole[NAMES[way]], page.lab.estimates.single_draws[way][:500])
    near = hands.table()
    assert 10 < len(near["from"]) < 20
    at = int(np.argmin(np.abs(np.array(read["from"]) - near["from"][0])))
    assert near[NAMES["through"]] == read[NAMES["through"]][at : at + len(near["from"])]


def test_the_curves_of_the_variance_read_back(open_plot: Callable[[str], Hands]) -> None:
    hands = open_plot("variance")
    lab = hands.page.lab
    lab.set_count(200)
    read = hands.table()
    counts = np.array(read["N"], int)
    assert (counts[0], counts[-1]) == (1, 10_000)
    assert {"1", "10", "100", "1,000", "10,000", "N = 200"} <= set(hands.words)
    drawn = (counts >= 2) & (counts <= 200)
    for way in ESTIMATORS:
        running = rp.running_variance(lab.estimates.single_draws[way][:200], counts[drawn])
        assert_shown(np.array(read[NAMES[way]])[drawn].tolist(), running)
        assert np.isnan(np.array(read[NAMES[way]])[~drawn]).all()
        assert_shown(read[f"{NAMES[way]}, exact"], lab.estimates.variances[way] / counts)
    hands.plot.zoom(3.0)
    near = hands.table()
    assert 1 < near["N"][0] <= near["N"][-1] < 10_000
    assert hands.table(is_whole=True)["N"] == read["N"]
    hands.plot.fit()
    lab.set_count(1)  # one draw has no variance
    assert list(hands.table()) == ["N", *(f"{NAMES[way]}, exact" for way in ESTIMATORS)]
    hands.plot.grab()
