"""Migrations: numbered slugs under versions/, linear, each written by hand for both databases and tested up from empty.

`contracts.database.migrate` runs them; triggers and rights are theirs alone, tables are compared with the code's by a test.
"""
