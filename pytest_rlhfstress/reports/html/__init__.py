"""The HTML report: one file that needs no network and, for reading, no JavaScript."""
