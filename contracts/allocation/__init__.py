"""Fair allocation: who gets which share of what cooperation saved, and the proof that the share follows its rule.

Reading order of the mathematics, which knows neither log nor tables: exact, game, game_file; then the rules division,
shapley, structured, nucleolus (span, excess, stage_float, stage_exact, certificate,
certificate_check); then core, rounding, solve.
"""
