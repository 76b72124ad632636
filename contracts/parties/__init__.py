"""Parties: who is in the network, with which roles and grants. Read facts, rules, tables, service."""
