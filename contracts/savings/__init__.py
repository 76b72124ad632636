"""Savings: what a period's exchanges saved against agreed baselines. Read facts, rules, tables, service."""
