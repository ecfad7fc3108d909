"""Distortion and rate of held-out images while a run trains, as a table that grows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.foundation.history import History, Table
from core.foundation.slices import Work
from core.probes.look import Context, Look, whole

COLUMNS = ("step", "seconds", "distortion", "rate", "negative_elbo")
NONE = History(COLUMNS).table()
"""Before the first row."""


@dataclass(frozen=True, eq=False)
class HeldOutLook(Look[Table]):
    """Nats per image over `Subsets.measured`, always by the plain ELBO; the value has a row for every answer."""

    name = "test curves"
    interval_s = 3.0
    needs_encoder = True

    def make(self, context: Context) -> Work[Table]:
        """Measure, and add a row to those of the answer before; a run that was rolled back loses its later rows."""
        snapshot = context.snapshot
        terms = snapshot.measure(context.reference.subsets.measured)
        distortion = float(terms["distortion"].mean())
        rate = float(terms["rate"].mean()) if "rate" in terms else float("nan")
        history = History(COLUMNS)
        if (before := context.looks.value(HeldOutLook)) is not None:
            history.append(before.rows)
        history.drop_after(snapshot.step - 1)
        history.append(np.array([[snapshot.step, context.seconds, distortion, rate, distortion + rate]]))
        return whole(history.table())
