"""The demo: one composite year of the Kalundborg Symbiosis, from published figures, played through the services that users use.

Reading order: kalundborg.json (the figures, each with its source or marked as assumed) · figures (reads them) · spreading (a year's
figure over lots, days and hours) · cast (organisations and the keys that they hold) · player (the clock; signs and submits) ·
founding, bargaining, handovers, laboratory, incidents, board, monthly (what is said) · year (in which order) · place (where it lies) ·
doors (logins and tokens) · auditing (export, verification, recomputation) · telling (the summary).
"""
