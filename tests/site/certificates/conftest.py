"""A live site on which two firms trade and a laboratory certifies, for all tests of a file; afterwards its log is verified and replayed."""

from tests.site.deliveries.conftest import trade_site

__all__ = ["trade_site"]
