"""An example of an extension of pytest-rlhfstress."""
