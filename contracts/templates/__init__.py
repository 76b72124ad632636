"""The standard contracts as data, and what can be done with them.

Reading order: template (the form of a template) · catalogue (find, hash, check, render: the way in) · values · checks ·
constraints · terms (typed reading of agreed parameters) · rendering · redline · schema · pricing · reconciliation ·
metering · charges. The contracts themselves lie in ``standard/``, one JSON file each.
"""
