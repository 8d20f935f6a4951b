"""Estimates with their uncertainty: pure functions, each with the source of its formula."""
