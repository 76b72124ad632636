"""Deliveries: what was handed over, recorded by both sides, matched, disputed, corrected. Read facts, rules, tables, service."""
