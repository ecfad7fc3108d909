"""The window of Latent Playground. No torch in here."""

import core as core  # before numpy: it decides how many threads numpy may take
