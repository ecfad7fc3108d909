"""Published settings, trained again, and ours beside theirs."""
