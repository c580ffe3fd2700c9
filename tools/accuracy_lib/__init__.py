"""Comparison of the engine with published measurements: rows, cases, statistics, report, budget."""
