"""Painting, theme, icons, typesetting. Takes no input and knows no desk."""
