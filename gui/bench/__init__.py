"""The real window, measured and demonstrated."""
