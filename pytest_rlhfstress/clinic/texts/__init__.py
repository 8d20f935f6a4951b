"""The clinic's texts: what patients write and what its assistant can say, as YAML beside this file."""
