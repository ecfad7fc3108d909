"""One file per measure, with ``@register("name")``."""
