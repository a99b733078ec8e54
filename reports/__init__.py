"""Statistics, verdicts, figures and the report. Pure: reads a run folder, measures nothing."""
