"""Distortion and rate of held-out images while a run trains, a row per measurement."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.evaluation import held_out
from core.foundation.history import History, Table
from core.foundation.slices import Work
from core.probes.look import Context, Look

COLUMNS = ("step", "seconds", "distortion", "rate", "negative_elbo", "rate_paid")
NONE = History(COLUMNS).table()
"""The table before the first row."""


@dataclass(frozen=True, eq=False)
class HeldOutLook(Look[Table]):
    """Mean distortion and rate over `Subsets.measured`, nats per image, always of the plain ELBO; a row per answer.

    ``rate_paid`` is the rate as the loss counts it (`RateWeight.paid`).
    """

    name = "test curves"
    interval_s = 3.0
    needs_encoder = True

    def make(self, context: Context) -> Work[Table]:
        """Measure and append a row; after a roll-back the later rows are dropped first."""
        snapshot = context.snapshot
        terms = yield from held_out.terms(snapshot, context.reference.subsets.measured)
        row = [held_out.mean(terms[name]) if name in terms else np.nan for name in COLUMNS[2:-1]]
        weight = type(snapshot.model).rate_weight(snapshot.config)
        row.append(weight.paid(held_out.mean_rates(terms["rates"])) if "rates" in terms else np.nan)
        history = History(COLUMNS)
        if (previous := context.looks.value(HeldOutLook)) is not None:
            history.append(previous.rows)
        history.drop_after(snapshot.step - 1)
        history.append(np.array([[snapshot.step, context.seconds, *row]]))
        return history.table()
