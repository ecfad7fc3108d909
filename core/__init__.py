"""The engine of Latent Playground: data, models, training, measures. No Qt in here."""

import os

# numpy's own threads spin after every small product and would take a core from the trainers
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
