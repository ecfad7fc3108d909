"""Slow looks that a page asks for: hole maps, walks, new pictures. One per run; the answers come onto its board.

As `core.engine.measure_rounds`: the window's thread asks, the background's thread works in slices on a snapshot.
"""

from __future__ import annotations

import time
from collections.abc import Hashable

from core.engine.background import Background
from core.engine.board import Board
from core.evaluation.reference import Reference
from core.evaluation.samplers import Sampling, sampler
from core.evaluation.training_codes import KnownCodes, TrainingCodes
from core.foundation.arrays import Floats
from core.foundation.slices import Work
from core.probes.hole_maps import HoleMap, Kind, hole_map, walk
from core.probes.new_pictures import NewPictures, drawn, matched
from core.theory.latent_space import Plane
from core.training.snapshot import Snapshot

AGAIN_S = 2.0
"""A look at newer weights comes so long after the last at the soonest."""
MAP_REST, REST, FIRST_REST = 8.0, 6.0, 2.0
"""Slices rest so many times their cost while something trains; those of a map that nobody has seen yet, less."""


class LookRequests:
    """``want_…`` may be called ten times a second: a look is taken when something else is asked, or on new weights."""

    def __init__(self, owner: Hashable, board: Board, background: Background, codes: KnownCodes) -> None:
        self._owner = owner
        self._board = board
        self._background = background
        self._working: dict[str, object] = {}  # a token of the work in hand, by kind
        self._asked: dict[str, tuple[Hashable, float]] = {}  # what was asked for last, and when
        self._drawing = Sampling()
        self._codes = codes

    def _due(self, kind: str, snapshot: Snapshot, key: Hashable, have: tuple[Hashable, int] | None) -> bool:
        """Whether to begin: at once for another key; for newer weights after a rest, and not while that is in work."""
        if have == (key, snapshot.step):
            return False
        now, mark = time.perf_counter(), (snapshot.life, key)
        last, at = self._asked.get(kind, (None, 0.0))
        if last == mark and (kind in self._working or now - at < AGAIN_S):
            return False
        self._asked[kind] = (mark, now)
        return True

    def want_map(
        self, snapshot: Snapshot, reference: Reference, kind: Kind, key: Hashable, plane: Plane, z: Floats
    ) -> None:
        """Ask for one of `core.probes.hole_maps.KINDS` of the plane through z (D,); ``key`` names plane and point."""
        have = self._board.view.holes.get(kind)
        known = None if have is None else (have.key, have.step)
        if not snapshot.has_encoder and kind in ("cycle", "density"):
            return
        if self._due("holes", snapshot, (kind, key), None if known is None else ((kind, known[0]), known[1])):
            work = self._make_map(snapshot, reference, kind, key, plane, z)
            self._begin("holes", snapshot, work, FIRST_REST if have is None else MAP_REST)

    def want_walk(self, snapshot: Snapshot, reference: Reference, key: Hashable, images: Floats) -> None:
        """Ask for the ways between two images (2, C, H, W), which ``key`` names."""
        have = self._board.view.walk
        if snapshot.has_encoder and self._due("walk", snapshot, key, None if have is None else (have.key, have.step)):
            self._begin("walk", snapshot, self._make_walk(snapshot, reference, key, images), REST)

    def want_new_pictures(
        self, snapshot: Snapshot, reference: Reference, key: Hashable, name: str, count: int, seed: int
    ) -> None:
        """Ask for so many samples of a sampler and, once they can be searched, the training image nearest to each."""
        have = self._board.view.new_pictures.get(name)
        unfinished = have is None or (not len(have.index) and reference.known_image_reach is not None)
        known = None if unfinished or have is None else (have.key, have.step)
        if self._due(f"novel {name}", snapshot, key, known):
            work = self._make_novel(snapshot, reference, key, name, count, seed)
            self._begin(f"novel {name}", snapshot, work, FIRST_REST if known is None else REST)

    def _begin(self, kind: str, snapshot: Snapshot, work: Work[None], rest: float) -> None:
        token = self._working[kind] = object()
        self._background.do((self._owner, kind), self._unless_outdated(kind, snapshot, work, token), rest=rest)

    def _unless_outdated(self, kind: str, snapshot: Snapshot, work: Work[None], token: object) -> Work[None]:
        """The work, given up when the run begins again or something else is asked; then another may begin."""
        try:
            for _ in work:
                if self._board.view.life != snapshot.life or self._working.get(kind) is not token:
                    return
                yield
        finally:
            if self._working.get(kind) is token:
                del self._working[kind]

    def _known(self, snapshot: Snapshot, reference: Reference) -> Work[TrainingCodes | None]:
        """The training codes of this snapshot; None without an encoder."""
        return (yield from self._codes.of(snapshot, reference)) if snapshot.has_encoder else None

    def _make_map(
        self, snapshot: Snapshot, reference: Reference, kind: Kind, key: Hashable, plane: Plane, z: Floats
    ) -> Work[None]:
        training_codes = yield from self._known(snapshot, reference)
        found: HoleMap = yield from hole_map(snapshot, reference.real_side, training_codes, kind, key, plane, z)
        self._board.put_for(snapshot.life, holes={**self._board.view.holes, kind: found})

    def _make_walk(self, snapshot: Snapshot, reference: Reference, key: Hashable, images: Floats) -> Work[None]:
        training_codes = yield from self._known(snapshot, reference)
        assert training_codes is not None
        found = yield from walk(snapshot, training_codes, key, images)
        self._board.put_for(snapshot.life, walk=found)

    def _make_novel(
        self, snapshot: Snapshot, reference: Reference, key: Hashable, name: str, count: int, seed: int
    ) -> Work[None]:
        fitted = sampler(name).needs_codes
        training_codes = (yield from self._known(snapshot, reference)) if fitted else None
        found, images = yield from drawn(snapshot, self._drawing, training_codes, key, name, count, seed)
        have = self._board.view.new_pictures.get(name)
        if have is None or have.key != key or not len(have.index):  # else that of the weights before stays meanwhile
            self._put_novel(snapshot, found)
        if reference.known_image_reach is None:  # it takes a while: newer pictures shall not wait
            search = (id(reference), "image reach")
            if not self._background.is_waiting(search):
                self._background.do(search, reference.image_reach(), rest=FIRST_REST)
            return
        self._put_novel(snapshot, (yield from matched(found, images, reference)))

    def _put_novel(self, snapshot: Snapshot, found: NewPictures) -> None:
        self._board.put_for(snapshot.life, new_pictures={**self._board.view.new_pictures, found.sampler: found})
