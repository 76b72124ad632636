"""Governance: rulebook, reviews, interests, votes, resolutions. Read facts, rules, tables, service."""
