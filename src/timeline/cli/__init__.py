"""The command line: words in, lines out. No SQL here, and no rule of the record."""
