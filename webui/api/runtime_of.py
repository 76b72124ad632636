"""The runtime of the application that answers a request."""

from typing import cast

from flask import current_app

from webui.runtime import Runtime


def get_runtime() -> Runtime:
    """Give the runtime."""
    return cast("Runtime", current_app.extensions["symbiosis"])
