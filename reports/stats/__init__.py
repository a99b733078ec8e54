"""Estimators: numbers in, intervals and verdicts out; nothing here knows a run."""
