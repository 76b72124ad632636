"""Deliveries: loads and metered days, matched from two sides' figures, disputed, resolved, corrected by reversal and replacement.

Reading order: facts, trade (what the agreement says), delivery (what the log has), settling (two figures become one), rules and
metered (who may record what), tables, service; then importing with its csv_rows and drafts; scrubbing for erasures.
"""
