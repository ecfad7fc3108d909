"""Text with a syntax of its own: formulas, expressions in lessons, the glossary."""
