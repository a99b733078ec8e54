"""Verdicts: claims and their rules, what is worse than before, two runs against each other."""
