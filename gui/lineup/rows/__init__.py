"""The rows of every lane: one file each, with ``@register("name")``."""
