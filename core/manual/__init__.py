"""The manual: static pages made from what the program declares, and from the Markdown of ``assets/manual``."""
