"""The pages of the Information tab: one file each, with ``@register("name")`` of `gui.information.page`."""
