"""The JSON API under /api/v1, one file per noun; each handler is schema, caller, one service call, reply."""
