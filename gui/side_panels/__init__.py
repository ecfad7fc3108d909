"""The columns at both sides: a card a file."""
