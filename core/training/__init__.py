"""One model in training, without a thread, and the frozen copy of it."""
