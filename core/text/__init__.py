"""Text that people write and read: formulas, conditions of lessons, the glossary."""
