"""One model in training, without a thread, and its snapshots."""
