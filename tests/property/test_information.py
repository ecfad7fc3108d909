"""Identities of information theory, for the functions of the Information tab."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from core.theory import gaussians, huffman, information
from core.theory.gaussians import Direction, Gaussian, Mixture

Array = Any
MILLION = np.random.default_rng(1).standard_normal(1_000_000)
"""Draws that every pair of Gaussians shares: 10⁶ new ones for each example would only take time."""


@st.composite
def probabilities(draw: st.DrawFn, count: int | None = None, zeros: bool = True) -> Array:
    size = count or draw(st.integers(1, 12))
    low = 0.0 if zeros else 1e-6
    values = st.one_of(st.just(0.0), st.floats(1e-9, 1.0)) if zeros else st.floats(low, 1.0)
    weights = np.array(draw(st.lists(values, min_size=size, max_size=size)))
    if weights.sum() == 0:
        weights[draw(st.integers(0, size - 1))] = 1.0
    return weights / weights.sum()


@st.composite
def pairs(draw: st.DrawFn, zeros: bool = True) -> tuple[Array, Array]:
    count = draw(st.integers(1, 12))
    return draw(probabilities(count, zeros)), draw(probabilities(count, zeros))


normals = st.builds(Gaussian, st.floats(-3, 3), st.floats(0.2, 3))
units = st.sampled_from(("bits", "nats"))


# Entropy and divergences


@given(pairs(), units)
def test_cross_entropy_is_entropy_plus_kl(pair: tuple[Array, Array], unit: information.Unit) -> None:
    p, q = pair
    cross_entropy, kl = information.cross_entropy(p, q, unit), information.kl(p, q, unit)
    impossible = information.impossible(p, q)
    assert bool(impossible) == math.isinf(cross_entropy) == math.isinf(kl)
    assert list(impossible) == [i for i in range(len(p)) if p[i] > 0 and q[i] == 0]
    if not impossible:
        assert cross_entropy == pytest.approx(information.entropy(p, unit) + kl, rel=0, abs=1e-12)


@given(pairs(zeros=False))
def test_kl_agrees_with_scipy_and_is_never_negative(pair: tuple[Array, Array]) -> None:
    p, q = pair
    assert information.kl(p, q) == pytest.approx(float(stats.entropy(p, q)), rel=1e-9, abs=1e-12)
    assert information.entropy(p) == pytest.approx(float(stats.entropy(p)), rel=1e-12, abs=1e-14)
    assert information.kl(p, q) >= -1e-14
    assert information.kl(p, p) == 0.0


@given(pairs(), units)
def test_the_contributions_of_symbols_add_up(pair: tuple[Array, Array], unit: information.Unit) -> None:
    p, q = pair
    contributions = information.contributions(p, q, unit)
    assert math.fsum(contributions) == information.kl(p, q, unit)
    assert (contributions[p == 0] == 0).all()
    costs = information.surprise(p, unit)
    assert math.fsum(p[p > 0] * costs[p > 0]) == pytest.approx(information.entropy(p, unit), rel=1e-12, abs=1e-12)
    assert np.isinf(costs[p == 0]).all()


@given(probabilities())
def test_entropy_lies_between_zero_and_that_of_the_uniform(p: Array) -> None:
    bound = information.uniform_bound(len(p))
    assert -1e-15 <= information.entropy(p) <= bound + 1e-12
    assert information.entropy(information.uniform(len(p))) == pytest.approx(bound, abs=1e-12)
    assert information.entropy(information.one_hot(len(p))) == 0.0
    assert information.entropy(p, "bits") == pytest.approx(information.entropy(p) / math.log(2), rel=1e-15)


@given(pairs())
@example((np.array([1.0, 0.0]), np.array([0.0, 1.0])))
def test_jensen_shannon_is_symmetric_and_bounded(pair: tuple[Array, Array]) -> None:
    p, q = pair
    js = information.js(p, q)
    assert js == pytest.approx(information.js(q, p), rel=0, abs=1e-15)
    assert 0 <= js <= math.log(2)
    m = (p + q) / 2
    assert js == pytest.approx((information.kl(p, m) + information.kl(q, m)) / 2, abs=1e-12)
    assert information.js(p, p) == pytest.approx(0.0, abs=1e-15)


def test_invalid_distributions_are_refused() -> None:
    for wrong in ([0.5, 0.6], [1.5, -0.5], [], [math.nan, 1.0], [[1.0]]):
        with pytest.raises(ValueError, match=r"probabilities|shape"):
            information.entropy(wrong)
    with pytest.raises(ValueError, match="2 symbols and q 3"):
        information.kl([0.5, 0.5], [0.2, 0.3, 0.5])
    with pytest.raises(ValueError, match="only 12"):
        information.letters(13)


@pytest.mark.parametrize("make", [information.uniform, information.skewed, information.letters, information.one_hot])
def test_presets_are_distributions(make: Any) -> None:
    for count in range(2, 13):
        assert information.as_probabilities(make(count)).shape == (count,)


LEWAND = {
    **{"a": 8.167, "b": 1.492, "c": 2.782, "d": 4.253, "e": 12.702, "f": 2.228, "g": 2.015, "h": 6.094, "i": 6.966},
    **{"j": 0.153, "k": 0.772, "l": 4.025, "m": 2.406, "n": 6.749, "o": 7.507, "p": 1.929, "q": 0.095, "r": 5.987},
    **{"s": 6.327, "t": 9.056, "u": 2.758, "v": 0.978, "w": 2.360, "x": 0.150, "y": 1.974, "z": 0.074},
}
"""Per cent of all letters in English text: the complete table, which adds up to 100."""


@pytest.mark.parametrize("count", range(1, 13))
def test_presets_have_the_values_of_their_names(count: int) -> None:
    np.testing.assert_array_equal(information.uniform(count), [1 / count] * count)
    skewed = information.skewed(count)
    np.testing.assert_allclose(skewed, skewed[0] * 0.7 ** np.arange(count), rtol=1e-12)  # the first most likely
    assert skewed[0] == pytest.approx(0.3 / (1 - 0.7**count), rel=1e-12)
    assert information.one_hot(count).tolist() == [1.0] + [0.0] * (count - 1)
    assert information.one_hot(count, count - 1).tolist() == [0.0] * (count - 1) + [1.0]
    assert sum(LEWAND.values()) == pytest.approx(100, abs=0.01)
    total = sum(LEWAND[letter] for letter in "abcdefghijkl"[:count])
    expected = [LEWAND[letter] / total for letter in "abcdefghijkl"[:count]]
    np.testing.assert_allclose(information.letters(count), expected, rtol=1e-12)


# Huffman


@given(probabilities(), units)
@example(np.array([1.0]), "bits")
@example(np.array([0.0, 1.0, 0.0]), "bits")
@example(np.array([1e-9, 1.0 - 1e-9]), "bits")
def test_the_mean_length_is_within_a_bit_of_the_entropy(p: Array, unit: information.Unit) -> None:
    code = huffman.huffman(p)
    a_bit = information.PER_NAT[unit] * math.log(2)
    entropy, mean = information.entropy(p, unit), huffman.mean_length(p, code, unit)
    assert entropy - 1e-12 <= mean < entropy + a_bit + 1e-12
    if (p == 1).any():
        assert mean == entropy == 0


@given(probabilities())
def test_the_code_is_prefix_free_and_complete(p: Array) -> None:
    """Complete: Kraft's sum of 2^-length is 1 (Kraft 1949)."""
    code = huffman.huffman(p)
    words = [word for word in code.words if word is not None]
    assert [word is None for word in code.words] == (p == 0).tolist()
    assert not [(a, b) for i, a in enumerate(words) for j, b in enumerate(words) if i != j and b.startswith(a)]
    assert math.fsum(2.0**-length for length in code.lengths) == 1.0
    assert huffman.huffman(p) == code


@given(probabilities(), st.data())
def test_a_message_survives_encoding_and_decoding(p: Array, data: st.DataObject) -> None:
    draws = data.draw(st.lists(st.floats(0, 1, exclude_max=True), max_size=60))
    message = information.sample(p, draws)
    assert (p[message] > 0).all()
    code = huffman.huffman(p)
    bits = huffman.encode(code, message.tolist())
    assert len(bits) == sum(len(code.words[symbol] or "") for symbol in message)
    if huffman.mean_length(p, code) > 0:
        assert huffman.decode(code, bits) == message.tolist()
        with pytest.raises(ValueError, match="ends within"):
            huffman.decode(huffman.huffman([0.5, 0.25, 0.25]), "1")
    else:
        assert bits == ""


@given(pairs())
def test_no_code_for_q_is_shorter_for_p_than_the_code_for_p(pair: tuple[Array, Array]) -> None:
    p, q = pair
    own, other = huffman.huffman(p), huffman.huffman(q)
    assert huffman.mean_length(p, other) >= huffman.mean_length(p, own) - 1e-12
    impossible = information.impossible(p, q)
    assert math.isinf(huffman.mean_length(p, other)) == bool(impossible)
    if impossible:
        with pytest.raises(ValueError, match="no code word"):
            huffman.encode(other, impossible)


def test_equally_likely_symbols_get_words_of_one_length_in_order() -> None:
    assert huffman.huffman(information.uniform(4)).words == ("00", "01", "10", "11")
    assert huffman.huffman([0.5, 0.25, 0.125, 0.125]).words == ("0", "10", "110", "111")


def test_a_message_has_the_mean_length_of_its_code() -> None:
    p = information.letters(9)
    code = huffman.huffman(p)
    message = information.sample(p, np.random.default_rng(0).random(200_000))
    lengths = np.array(code.lengths)[message]
    error = lengths.std() / math.sqrt(len(lengths))
    assert abs(lengths.mean() - huffman.mean_length(p, code)) < 4 * error
    counts = np.bincount(message, minlength=9) / len(message)
    np.testing.assert_allclose(counts, p, atol=0.006)


# Gaussians

directions = st.sampled_from(("forward", "reverse"))


@settings(max_examples=30)
@given(normals, normals)
def test_the_closed_form_agrees_with_a_million_draws(p: Gaussian, q: Gaussian) -> None:
    mean, error = gaussians.kl_by_draws(p, q, MILLION)
    assert abs(mean - gaussians.kl(p, q)) <= 4 * error + 1e-12
    assert gaussians.kl(p, q) >= 0


every_normal = st.builds(
    Gaussian,
    st.floats(-gaussians.MOST_MU, gaussians.MOST_MU),
    st.floats(gaussians.LEAST_SIGMA, gaussians.MOST_SIGMA),
)
"""All that a fit can reach, which is more than the fields of the window let in."""


@settings(max_examples=200)
@given(every_normal, every_normal)
@example(Gaussian(5.75, 3.0), Gaussian(5.75, 1.0))
@example(Gaussian(gaussians.MOST_MU, gaussians.MOST_SIGMA), Gaussian(-gaussians.MOST_MU, gaussians.LEAST_SIGMA))
def test_the_quadrature_is_exact_for_all_curves_that_can_be_set(p: Gaussian, q: Gaussian) -> None:
    assert gaussians.kl_by_quadrature(p, q) == pytest.approx(gaussians.kl(p, q), rel=1e-9, abs=1e-9)


@settings(max_examples=30)
@given(every_normal, every_normal, every_normal, directions)
@example(Gaussian(-5.75, 0.2), Gaussian(5.75, 0.2), Gaussian(-8.0, 4.0), "reverse")
def test_the_quadrature_of_two_humps_is_that_of_a_much_finer_grid(
    left: Gaussian, right: Gaussian, q: Gaussian, direction: Direction
) -> None:
    humps = Mixture((left, right))
    x = np.linspace(-60, 60, 300_001)
    one, other = (humps, q) if direction == "forward" else (q, humps)
    area = gaussians.integrand(one, other, x).sum() * (x[1] - x[0])
    assert gaussians.objective(humps, q, direction) == pytest.approx(area, rel=1e-5, abs=1e-6)


@given(normals)
def test_a_divergence_from_itself_is_zero_and_never_less(p: Gaussian) -> None:
    near = Gaussian(p.mu * (1 + 1e-16), p.sigma * (1 + 2e-16))
    for divergence in (gaussians.kl(p, near), gaussians.kl_by_quadrature(p, near), gaussians.kl(near, p)):
        assert 0 <= divergence < 1e-12
    assert gaussians.kl_by_quadrature(Mixture((p, p)), p) == 0
    assert (gaussians.kl_to_prior([0.0, 1e-9], [1.0, 1.0 + 1e-12]) >= 0).all()


@settings(max_examples=40)
@given(normals, normals)
def test_the_integral_of_the_integrand_is_kl(p: Gaussian, q: Gaussian) -> None:
    area, _ = integrate.quad(lambda x: float(gaussians.integrand(p, q, x)), p.mu - 12 * p.sigma, p.mu + 12 * p.sigma)
    assert area == pytest.approx(gaussians.kl(p, q), rel=1e-6, abs=1e-7)


@given(st.lists(st.tuples(st.floats(-3, 3), st.floats(0.01, 3)), min_size=1, max_size=8))
def test_kl_to_the_prior_is_that_of_each_dimension(dims: list[tuple[float, float]]) -> None:
    mu, sigma = np.array(dims).T
    expected = [gaussians.kl(Gaussian(m, s), Gaussian(0.0, 1.0)) for m, s in dims]
    np.testing.assert_allclose(gaussians.kl_to_prior(mu, sigma), expected, rtol=1e-9, atol=1e-12)


@given(normals, st.lists(st.floats(-8, 8), min_size=1, max_size=5))
def test_densities_agree_with_scipy(p: Gaussian, x: list[float]) -> None:
    np.testing.assert_allclose(p.density(x), stats.norm.pdf(x, p.mu, p.sigma), rtol=1e-10)
    q = Gaussian(1.0, 0.5)
    np.testing.assert_allclose(Mixture((p, q)).density(x), (p.density(x) + q.density(x)) / 2, rtol=1e-10)


# Fits

mixtures = st.builds(
    lambda a, b, s, t: Mixture((Gaussian(-a, s), Gaussian(b, t))),
    st.floats(1, 3),
    st.floats(1, 3),
    st.floats(0.3, 1),
    st.floats(0.3, 1),
)


@settings(max_examples=40)
@given(mixtures, normals, directions)
def test_the_gradient_is_that_of_finite_differences(p: Mixture, q: Gaussian, direction: Direction) -> None:
    h = 1e-5
    by_mu, by_log_sigma = gaussians.gradient(p, q, direction)

    def objective(mu: float, log_sigma: float) -> float:
        return gaussians.objective(p, Gaussian(mu, math.exp(log_sigma)), direction)

    log_sigma = math.log(q.sigma)
    difference = (objective(q.mu + h, log_sigma) - objective(q.mu - h, log_sigma)) / (2 * h)
    assert by_mu == pytest.approx(difference, rel=1e-4, abs=1e-3)
    difference = (objective(q.mu, log_sigma + h) - objective(q.mu, log_sigma - h)) / (2 * h)
    assert by_log_sigma == pytest.approx(difference, rel=1e-4, abs=1e-3)


@settings(max_examples=25)
@given(mixtures, normals, directions)
def test_every_step_of_a_fit_lowers_its_objective(p: Mixture, q: Gaussian, direction: Direction) -> None:
    fit = gaussians.begin(p, q, direction)
    for _ in range(40):
        after = gaussians.descend(p, fit, direction)
        if after.has_converged:
            assert after.q == fit.q
            break
        assert after.objective < fit.objective
        assert after.objective == gaussians.objective(p, after.q, direction)
        assert after.steps == fit.steps + 1
        fit = after


def run(p: Mixture, q: Gaussian, direction: Direction) -> gaussians.Fit:
    fit = gaussians.begin(p, q, direction)
    for _ in range(2_000):
        fit = gaussians.descend(p, fit, direction)
        if fit.has_converged:
            return fit
    raise AssertionError(f"not converged in 2000 steps: {fit}")


def test_forward_kl_covers_both_components_and_reverse_kl_picks_one() -> None:
    p = Mixture((Gaussian(-2.0, 0.5), Gaussian(2.0, 0.7)))
    mean, variance = 0.0, 4.0 + (0.25 + 0.49) / 2
    for start in (Gaussian(-3.0, 0.5), Gaussian(3.0, 0.5)):
        wide = run(p, start, "forward").q  # its minimum has the moments of p (Bishop 2006, section 10.7)
        assert wide.mu == pytest.approx(mean, abs=1e-2)
        assert wide.sigma == pytest.approx(math.sqrt(variance), abs=1e-2)
        narrow = run(p, start, "reverse").q
        nearest = p.components[0] if start.mu < 0 else p.components[1]
        assert narrow.mu == pytest.approx(nearest.mu, abs=0.02)
        assert narrow.sigma == pytest.approx(nearest.sigma, abs=0.03)


# Pixels


@given(st.integers(1, 40), st.integers(0, 1000))
def test_pixel_entropies_are_those_of_single_pixels(count: int, seed: int) -> None:
    pixels = np.random.default_rng(seed).integers(0, 256, (count, 1, 2, 3)).astype(np.uint8)
    ink = information.pixel_entropy_ink(pixels)
    assert ink.shape == (1, 2, 3)
    mean = pixels[:, 0, 1, 2].mean() / 255
    assert ink[0, 1, 2] == pytest.approx(information.entropy([mean, 1 - mean]), abs=1e-12)
    grey = information.pixel_entropy_grey(pixels, "bits")
    frequencies = np.bincount(pixels[:, 0, 1, 2] // 16, minlength=16) / count
    assert grey[0, 1, 2] == pytest.approx(information.entropy(frequencies, "bits"), abs=1e-12)
    assert (grey <= 4 + 1e-12).all()


def test_the_distortion_of_the_mean_image_is_the_entropy_of_the_ink() -> None:
    pixels = np.random.default_rng(3).integers(0, 256, (50, 1, 3, 3)).astype(np.uint8)
    x = pixels / 255.0
    mean = x.mean(0)
    distortion = -(x * np.log(mean) + (1 - x) * np.log(1 - mean)).sum((1, 2, 3)).mean()
    assert information.pixel_entropy_ink(pixels).sum() == pytest.approx(distortion, rel=1e-12)
    assert information.pixel_entropy_ink(np.full((4, 1, 1, 1), 255, np.uint8)).sum() == 0.0
