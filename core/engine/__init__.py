"""Threads: trainer, background, board, run, experiment. Nobody else in ``core`` starts a thread."""
