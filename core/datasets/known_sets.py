"""Published data sets by the names of their files: what their classes are called, and labels that no file holds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.foundation.arrays import Counts

CLOTHES = "T-shirt", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"
"""Classes of Fashion-MNIST. Xiao, Rasul, Vollgraf 2017."""
OBJECTS = "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"
"""Classes of CIFAR-10. Krizhevsky 2009."""
KUZUSHIJI = "お o", "き ki", "す su", "つ tsu", "な na", "は ha", "ま ma", "や ya", "れ re", "を wo"
"""Classes of KMNIST. Clanuwat et al. 2018."""
LETTERS = tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
"""Classes of EMNIST Letters, large and small ones together; its labels begin at 1. Cohen et al. 2017."""
OLIVETTI = 400
"""Images of the Olivetti faces: ten of each of forty persons, in order. Samaria and Harter 1994."""


@dataclass(frozen=True)
class KnownSet:
    """A published data set. ``words``: each must be in the name of its folder or in that of a file."""

    title: str
    words: tuple[str, ...]
    class_names: tuple[str, ...]


KNOWN_SETS = (
    KnownSet("Fashion-MNIST", ("fashion",), CLOTHES),
    KnownSet("CIFAR-10", ("cifar-10",), OBJECTS),
    KnownSet("KMNIST", ("kmnist",), KUZUSHIJI),
    KnownSet("EMNIST letters", ("emnist", "letters"), LETTERS),
    KnownSet("Olivetti faces", ("olivetti",), tuple(f"person {number}" for number in range(1, 41))),
)


def known_set(names: tuple[str, ...]) -> KnownSet | None:
    """The published data set of which the name of a folder or file tells; None where none does."""
    texts = [name.lower() for name in names]
    for known in KNOWN_SETS:
        if any(all(word in text for word in known.words) for text in texts):
            return known
    return None


def missing_labels(known: KnownSet | None, count: int) -> Counts | None:
    """The labels (N,) that follow from the order of a set's images alone; None where they do not."""
    if known is None or known.title != "Olivetti faces" or count != OLIVETTI:
        return None
    return np.arange(OLIVETTI, dtype=np.int64) // 10
