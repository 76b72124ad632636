"""The nouns of the pages, in the order of the navigation."""

from webui.pages import home, keys, static_files
from webui.pages.routes import Pages

NOUNS: tuple[Pages, ...] = tuple(module.pages for module in (static_files, home, keys))
