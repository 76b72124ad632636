"""Settlement: statements of account, who pays whom, payments confirmed. Read facts, rules, tables, service."""
