"""One file per command. Qt is imported inside functions only."""
