"""The nouns of the API, in the order in which the document shows them."""

from webui.api import session, statements
from webui.routes import Routes

NOUNS: tuple[Routes, ...] = (session.routes, statements.routes)
