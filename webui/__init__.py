"""How one asks. Read settings, runtime, problems, access, routes, app; then people, schemas and api; jobs and worker last."""
