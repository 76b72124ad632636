"""The nouns of the API, in the order in which the document shows them."""

from webui.api import (
    agreements,
    allocations,
    audit,
    certificates,
    deliveries,
    drafts,
    entries,
    governance,
    networks,
    parties,
    savings,
    session,
    settlement,
    statements,
    tasks,
    templates,
    tokens,
)
from webui.routes import Routes

NOUNS: tuple[Routes, ...] = tuple(
    module.routes
    for module in (
        *(session, tokens, tasks, statements, drafts, networks, entries, audit, parties, templates),
        *(agreements, deliveries, certificates, savings, allocations, governance, settlement),
    )
)
