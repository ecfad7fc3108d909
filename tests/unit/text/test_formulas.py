"""The subset of LaTeX for formulas: its plain reading, what is refused, and formulas in prose."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.text.formulas import ROLES, FormulaError, Piece, check, lines, map_text, pieces, plain, spoken, with_colors


@pytest.mark.parametrize(
    ("latex", "words"),
    [
        (r"\rate{R} = \tfrac12 \sum_d (\mu_d^2 - 1 - \log \sigma_d^2)", "R = ½ Σ_d (μ_d² − 1 − log σ_d²)"),
        (r"-\mathrm{ELBO} = \distortion{D} + \rate{R} \ge -\log p(x)", "−ELBO = D + R ≥ −log p(x)"),
        (r"\kl{\mathrm{KL}}(\p{p} \parallel \q{q}) = \sum \p{p} \log \frac{\p{p}}{\q{q}}", "KL(p ‖ q) = Σ p log p/q"),
        (r"\q{q(z \mid x)}", "q(z | x)"),
        (r"z = \mu + \sigma \odot \varepsilon", "z = μ + σ ⊙ ε"),
        (r"\theta \leftarrow \theta - \eta \cdot \nabla L", "θ ← θ − η·∇L"),
        (r"\frac{s(s - 1)}{2c}", "s(s − 1)/(2c)"),
        (r"\|x - \hat x\| < r_5(x)", "‖x − x̂‖ < r₅(x)"),
        (r"(\|a\| - 1)^2", "(‖a‖ − 1)²"),
        (r"\text{share of } z \text{ with } r(z) > 1", "share of z with r(z) > 1"),
        (r"1 / (1 + e^{-z / 0.05})", "1/(1 + e^(−z/0.05))"),
        (r"k = 5{,}000, \\ f'(z)", "k = 5,000, f′(z)"),
        (r"\sigma\sqrt{2\pi}", "σ√(2π)"),
        (r"10 \log_{10} x", "10 log₁₀ x"),
    ],
)
def test_a_formula_reads_plainly(latex: str, words: str) -> None:
    assert plain(latex) == words


@pytest.mark.parametrize(
    ("latex", "words"),
    [
        (r"\foo", r"'\foo' is not known"),
        ("{a", "not closed"),
        (r"\text{a", "not closed"),
        ("a}", "'}' too many"),
        ("^2", "stands after nothing"),
        ("x^", "ends too early"),
        (r"\frac{a}", "ends too early"),
        (r"\q p", "needs braces"),
        (r"\text a", "need braces"),
        ("a $ b", "has no meaning"),
        ("  ", "is empty"),
    ],
)
def test_other_latex_is_refused_in_a_sentence(latex: str, words: str) -> None:
    with pytest.raises(FormulaError) as caught:
        check(latex)
    assert words in str(caught.value)
    assert ";" in str(caught.value)  # followed by how to write it instead
    assert "\\" not in plain(latex)


@given(st.text(alphabet=r"ab \{}^_$|,'-+=<1\log\text\q\frac", max_size=30))
def test_any_text_reads_or_is_refused(latex: str) -> None:
    words = plain(latex)
    assert isinstance(words, str)
    with contextlib.suppress(FormulaError):
        assert words == check(latex)


@given(st.text(max_size=60))
def test_prose_is_split_and_joined_again_without_loss(text: str) -> None:
    joined = map_text(text, lambda words: words)
    assert joined.replace(" ", "").replace("\n", "") == text.replace(" ", "").replace("\n", "")


def test_formulas_in_prose_are_found_and_prices_are_not() -> None:
    text = "It costs $5 or $6, `$x$`, but $x^2$ is\n\n$$\ny = 1\n$$\n\ntwo."
    assert [each for each in pieces(text) if each.is_formula] == [
        Piece("x^2", True, False, 1),
        Piece("y = 1", True, True, 3),
    ]
    assert spoken("with $\\beta = 1$ now") == "with β = 1 now"
    assert map_text("a $a$ a", str.upper) == "A $a$ A"


def test_roles_become_colours_and_nothing_else_changes() -> None:
    assert with_colors(r"\q{q} = \p{p}", {"q": "#112233"}) == r"{\color{#112233}q} = {p}"
    for role in ROLES:
        assert with_colors(rf"\{role}{{x}}", {role: "#445566"}) == r"{\color{#445566}x}"


def test_a_formula_is_split_at_its_line_breaks() -> None:
    assert lines(r"a = b \\ = c") == ("a = b", "= c")
    assert lines("a") == ("a",)
