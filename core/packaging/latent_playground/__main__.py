"""``python -m latent_playground`` and the script ``latent-playground``."""

import sys

from . import use_own_packages

use_own_packages()

from core.cli.start import main  # noqa: E402  # found by the line above

if __name__ == "__main__":
    sys.exit(main())
