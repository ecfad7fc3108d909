"""One file per model, with ``@register("name")``, and what a family of models shares."""
