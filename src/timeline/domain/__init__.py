"""What the words mean: events, facts and vantages. No I/O, no clock, no framework may be used here."""
