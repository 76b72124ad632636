"""Persons, their memberships, logins and tokens: rows beside the log, never on it. Read tables, persons, tokens, attempts, login."""
