"""One file per source of images or points, with ``@register("name")``."""
