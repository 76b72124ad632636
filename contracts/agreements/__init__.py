"""Agreements: contracts made from templates, offered, countered, signed by all, in force. Read facts, rules, tables, service."""
