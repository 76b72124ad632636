"""The standard contracts, one JSON file a version; a published version is never edited, a new one is added beside it."""
