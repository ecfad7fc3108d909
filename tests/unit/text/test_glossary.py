"""The glossary: its entries, which word leads to which, and errors in a broken file."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

from core.text import glossary


def test_every_term_is_explained_once_and_briefly() -> None:
    terms = glossary.terms()
    assert len(terms) >= 30
    words = [word.lower() for term in terms for word in term.words]
    assert len(words) == len(set(words))
    for term in terms:
        assert len(re.findall(r"[.!?](?:\s|$)", term.text)) <= 4, term.title
        assert glossary.find(term.key) is term
        assert glossary.tip(term.words[-1]).startswith(term.title)


def test_corruption_has_one_name() -> None:
    """Of images that a denoising autoencoder sees the texts say what the field says: corrupted, or clean."""
    assets = files("assets")
    texts = [assets / "glossary.md", *(assets / "lessons").iterdir()]
    assert not [text.name for text in texts if "spoil" in text.read_text("utf-8").lower()]
    assert glossary.within("corrupted", 3) is glossary.find("corruption")


def test_the_first_occurrence_of_a_term_is_a_link() -> None:
    linked = glossary.linked("# Entropy\n\nThe entropy `KL` of a **VAE**, and its entropy. [rate](x) Posteriors.")
    assert linked == (
        "# Entropy\n\nThe [entropy](term:entropy) `KL` of a **[VAE](term:variational-autoencoder)**, and its entropy."
        " [rate](x) [Posteriors](term:posterior)."
    )


def test_cross_entropy_is_not_entropy() -> None:
    assert glossary.linked("cross-entropy") == "[cross-entropy](term:cross-entropy)"
    assert glossary.linked("non-generative") == "non-generative"


def test_search_finds_titles_first() -> None:
    hits = glossary.search("entropy")
    assert {hits[0].title, hits[1].title} == {"Cross-entropy", "Entropy"}
    assert glossary.search("rate")[0].title == "Rate"  # not "Learning rate"
    assert not glossary.search("xyzzy")


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("SAE", "Sparse autoencoder"),
        ("WGAN-GP", "Wasserstein GAN"),
        ("Begin again with a WGAN.", "Wasserstein GAN"),
        ("Update critic", "Update"),
        ("the critic's range", "Critic"),
        ("Jensen–Shannon", "Jensen-Shannon divergence"),
        ("Jensen-Shannon", "Jensen-Shannon divergence"),
        ("off\u2011manifold", "Manifold"),
        ("the earth mover’s distance", "Wasserstein distance"),
        ("Score function", "Score function"),
        ("score of D", "Score of D"),
        ("GMM", "Gaussian mixture"),
        ("PCA", "PCA"),
        ("Optimiser", "Optimiser"),
        ("optimizers", "Optimiser"),
        ("Hidden layers", "Hidden layers"),
        ("Channels", "Channels"),
        ("Weight averaging", "Weight averaging"),
        ("Packing", "Packing"),
        ("Label smoothing", "Label smoothing"),
        ("Pixel model", "Pixel model"),
        ("Pixel σ", "Pixel model"),
        ("Schedule", "Schedule"),
        ("Cyclic", "Schedule"),
        ("Target activity ρ", "Target activity"),
        ("Masking", "Masking noise"),
        ("Salt and pepper", "Salt-and-pepper noise"),
        ("One-hot", "One-hot"),
        ("q, the classifier", "Classifier"),
        ("the backward pass", "Backward pass"),
        ("same seed and batches", "Seed"),
        ("Test image", "Training and test images"),
        ("Training images", "Training and test images"),
        ("below, the hole ratio r(z)", "Hole"),
        ("r(z)", "Hole"),
        ("r(z) = 1.2", "Hole"),
        ("fake G(z)", "Generator"),
        ("D(G(z))", "Discriminator"),
        ("D and G", "D and G"),
        ("N(0, 1)", "Prior"),
        ("a drawn z", "Code"),
    ],
)
def test_a_word_leads_to_its_entry(text: str, title: str) -> None:
    term = glossary.within(text)
    assert term is not None
    assert term.title == title


@pytest.mark.parametrize(
    ("letter", "title", "elsewhere"),
    [
        ("D", "Discriminator", ("d", "D 3", "a 2 D picture", "D + R")),
        ("G", "Generator", ("g", "G 2", "5 G of memory")),
        ("μ", "Mean of a Gaussian", ("12 μ", "μ of it")),
        ("σ", "Standard deviation", ("0.5 σ", "per σ")),
        ("ρ", "Target activity", ("a share ρ of the time",)),
        ("score", "Score of D", ("Score", "a score of 3")),
        ("Distance", "Distance map", ("Distance to nearest", "at a distance")),
        ("distance", "Wasserstein distance", ("DISTANCE",)),
        ("Straight", "Straight line", ("go straight on",)),
        ("Backward", "Backward pass", ("one step backward",)),
    ],
)
def test_a_letter_is_a_term_only_where_it_stands_alone(letter: str, title: str, elsewhere: tuple[str, ...]) -> None:
    for text in (letter, f" {letter} "):
        term = glossary.within(text)
        assert term is not None
        assert term.title == title
    assert glossary.find(letter) is term
    assert term in glossary.search(letter)[:2]
    for text in elsewhere:
        other = glossary.within(text)
        assert other is None or other.title != title, text
        assert f"term:{term.key}" not in glossary.linked(text), text


def test_a_comma_in_brackets_does_not_end_a_word() -> None:
    [term] = glossary.read("## Prior\nalso: p(z), N(0, 1), priors\nalone: P, N(a, b)\n\nOne.")
    assert term.words == ("Prior", "p(z)", "N(0, 1)", "priors")
    assert term.alone == ("P", "N(a, b)")
    assert glossary.within("(see figure 1) and more") is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("## A\n\nOne.\n\n## a\n\nTwo.", "explained twice"),
        ("## A-B\n\nOne.\n\n## C\nalso: a–b\n\nTwo.", "'a–b' is explained twice"),
        ("## A\nalone: D\n\nOne.\n\n## B\nalone: D\n\nTwo.", "line 6: 'D' is explained twice"),
        ("## A\nunit: nats\n\n## B\n\nTwo.", "is not explained"),
        ("## A\nformula: \\foo\nOne.", r"glossary.md, line 1: in the formula of 'A', '\\foo' is not known; take"),
    ],
)
def test_a_broken_glossary_is_an_error(text: str, words: str) -> None:
    with pytest.raises(glossary.GlossaryError, match=words):
        glossary.read(text)


def test_terms_say_what_is_measured() -> None:
    """What a reader would carry away wrongly: the direction of a divergence, what a number is relative to."""
    formula, kurtosis = glossary.find("label-kl").formula, glossary.find("excess-kurtosis")
    assert formula.index("classes of the data") < formula.index("classes of the samples")  # as `label_kl` computes it
    assert kurtosis.formula.endswith("- 3")
    assert "1-Lipschitz" in glossary.find("wasserstein-gan").formula
    assert "number of threads" in glossary.find("seed").text
    assert "98.9 % where" in glossary.find("high-quality-share").text
    assert "clipped" in glossary.find("corruption").text
    assert glossary.search("MMD²")[0].title == "MMD"
