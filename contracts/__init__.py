"""What the entries of the log mean: values first (errors, money, quantity, period, clock), then the stages, in order.

The stages: parties < agreements < deliveries < certificates < savings < allocation < governance < settlement. Each reads
only the tables of earlier ones; nothing here knows of Flask.
"""
