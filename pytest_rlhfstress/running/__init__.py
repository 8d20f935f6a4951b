"""One run: which specs belong to it, how each spec's body is carried out, what was found."""
