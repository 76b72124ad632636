"""Endpoints: how a page's endpoint is told from the API's; apart, because whoever guards the doors must know this and no more of pages."""

PREFIX = "page_"


def is_page(endpoint: str | None) -> bool:
    """Tell whether an endpoint is a page's."""
    return endpoint is not None and endpoint.startswith(PREFIX)
