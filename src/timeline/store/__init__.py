"""The record on disk: tables, the one writer, the hash tree. SQL lives here alone; nothing here knows a kind."""
