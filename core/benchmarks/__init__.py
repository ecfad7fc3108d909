"""Our training step beside plain loops, and the targets of ``bench``."""
