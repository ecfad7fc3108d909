"""The glossary: its entries, how a word leads to one, and what is wrong with a broken file."""

from __future__ import annotations

import re

import pytest

from core import glossary


def test_every_term_is_explained_once_and_briefly() -> None:
    terms = glossary.terms()
    assert len(terms) >= 30
    words = [word.lower() for term in terms for word in term.words]
    assert len(words) == len(set(words))
    for term in terms:
        assert len(re.findall(r"[.!?](?:\s|$)", term.text)) <= 4, term.title
        assert glossary.find(term.key) is term
        assert glossary.tip(term.words[-1]).startswith(term.title)


def test_the_first_occurrence_of_a_term_is_a_link() -> None:
    said = glossary.linked("# Entropy\n\nThe entropy `KL` of a **VAE**, and its entropy. [rate](x) Posteriors.")
    assert said == (
        "# Entropy\n\nThe [entropy](term:entropy) `KL` of a **[VAE](term:variational-autoencoder)**, and its entropy."
        " [rate](x) [Posteriors](term:posterior)."
    )


def test_cross_entropy_is_not_entropy() -> None:
    assert glossary.linked("cross-entropy") == "[cross-entropy](term:cross-entropy)"
    assert glossary.linked("non-generative") == "non-generative"


def test_search_finds_titles_first() -> None:
    found = glossary.search("entropy")
    assert {found[0].title, found[1].title} == {"Cross-entropy", "Entropy"}
    assert glossary.search("rate")[0].title == "Rate"  # not "Learning rate"
    assert not glossary.search("xyzzy")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("## A\n\nOne.\n\n## a\n\nTwo.", "explained twice"),
        ("## A\nunit: nats\n\n## B\n\nTwo.", "is not explained"),
        ("## A\nformula: \\foo\nOne.", r"glossary.md, line 1: in the formula of 'A', '\\foo' is not known; take"),
    ],
)
def test_a_broken_glossary_is_told(text: str, words: str) -> None:
    with pytest.raises(glossary.GlossaryError, match=words):
        glossary.read(text)
