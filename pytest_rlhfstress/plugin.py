"""pytest hooks and fixtures only; each hook calls one function elsewhere."""
