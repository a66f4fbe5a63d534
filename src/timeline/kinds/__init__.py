"""Kinds of story: typed fact models, the fold of the board, how entries read. No I/O; nothing of the record."""
