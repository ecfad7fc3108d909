"""Published data sets that can be fetched: where their files are, their sizes and SHA-256.

Checksums are those of TensorFlow Datasets (``url_checksums``) and, of the Olivetti faces, of scikit-learn. A file is
taken from any mirror, because only one of that checksum is kept.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.foundation.quoted import brief
from core.foundation.user_error import UserError


@dataclass(frozen=True)
class RemoteFile:
    """A file and its URLs, best first. ``size`` in bytes; 0 where nobody says it."""

    name: str
    size: int
    sha256: str
    mirrors: tuple[str, ...]


@dataclass(frozen=True)
class RemoteSet:
    """A data set. ``members``: the files of its one archive that are kept, in the place of the archive."""

    name: str
    title: str
    summary: str
    page: str
    files: tuple[RemoteFile, ...]
    members: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """Bytes that are fetched; 0 where nobody says it."""
        return sum(file.size for file in self.files)

    @property
    def hosts(self) -> tuple[str, ...]:
        """The servers of its files, best first."""
        return tuple(dict.fromkeys(url.split("/")[2] for file in self.files for url in file.mirrors))


def megabytes(size: int) -> str:
    """A number of bytes in words; 0 where nobody says it."""
    return f"{max(1, round(size / 1e6)):,} MB" if size else "a few MB"


def _idx(mirrors: tuple[str, ...], *files: tuple[str, int, str]) -> tuple[RemoteFile, ...]:
    """The four files of a set like MNIST, which every mirror has in one folder."""
    return tuple(RemoteFile(name, size, sha, tuple(url + name for url in mirrors)) for name, size, sha in files)


_FASHION = _idx(
    (
        "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
    ),
    ("train-images-idx3-ubyte.gz", 26_421_880, "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"),
    ("train-labels-idx1-ubyte.gz", 29_515, "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"),
    ("t10k-images-idx3-ubyte.gz", 4_422_102, "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"),
    ("t10k-labels-idx1-ubyte.gz", 5_148, "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"),
)
_KMNIST = _idx(
    ("http://codh.rois.ac.jp/kmnist/dataset/kmnist/",),
    ("train-images-idx3-ubyte.gz", 18_165_135, "51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4"),
    ("train-labels-idx1-ubyte.gz", 29_497, "e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17"),
    ("t10k-images-idx3-ubyte.gz", 3_041_136, "edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5"),
    ("t10k-labels-idx1-ubyte.gz", 5_120, "20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c"),
)
_EMNIST = RemoteFile(
    "gzip.zip",
    561_753_746,
    "fb9bb67e33772a9cc0b895e4ecf36d2cf35be8b709693c3564cea2a019fcda8e",
    (
        "https://biometrics.nist.gov/cs_links/EMNIST/gzip.zip",
        "https://www.itl.nist.gov/iaui/vip/cs_links/EMNIST/gzip.zip",
    ),
)
_CIFAR = RemoteFile(
    "cifar-10-binary.tar.gz",
    170_052_171,
    "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
    ("https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",),
)
_OLIVETTI = RemoteFile(
    "olivettifaces.mat",
    0,
    "b612fb967f2dc77c9c62d3e1266e0c73d5fca46a4b8906c18e454d41af987794",
    (
        "https://ndownloader.figshare.com/files/5976027",
        "https://cs.nyu.edu/~roweis/data/olivettifaces.mat",
    ),
)

CATALOGUE: dict[str, RemoteSet] = {
    each.name: each
    for each in (
        RemoteSet(
            "fashion-mnist",
            "Fashion-MNIST",
            "70,000 pieces of clothing in 10 classes, 28 × 28, grey",
            "https://github.com/zalandoresearch/fashion-mnist",
            _FASHION,
        ),
        RemoteSet(
            "kmnist",
            "KMNIST",
            "70,000 cursive Japanese characters in 10 classes, 28 × 28, grey",
            "http://codh.rois.ac.jp/kmnist/",
            _KMNIST,
        ),
        RemoteSet(
            "emnist-letters",
            "EMNIST letters",
            "145,600 handwritten letters in 26 classes, 28 × 28, grey",
            "https://www.nist.gov/itl/products-and-services/emnist-dataset",
            (_EMNIST,),
            tuple(
                f"emnist-letters-{split}-{kind}-ubyte.gz"
                for split in ("train", "test")
                for kind in ("images-idx3", "labels-idx1")
            ),
        ),
        RemoteSet(
            "cifar-10",
            "CIFAR-10",
            "60,000 photographs in 10 classes, 32 × 32, colour",
            "https://www.cs.toronto.edu/~kriz/cifar.html",
            (_CIFAR,),
        ),
        RemoteSet(
            "olivetti",
            "Olivetti faces",
            "400 portraits of 40 persons, 64 × 64, grey",
            "https://scikit-learn.org/stable/datasets/real_world.html",
            (_OLIVETTI,),
        ),
    )
}
"""The sets by name."""


def remote_set(name: str) -> RemoteSet:
    """The set of that name. `UserError` where there is none."""
    if name not in CATALOGUE:
        raise UserError(f"there is no data set '{brief(name)}' to fetch; there are {', '.join(CATALOGUE)}")
    return CATALOGUE[name]
