"""Who belongs to the network and who may read what: facts, rules, tables, service, reading."""
