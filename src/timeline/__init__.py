"""A live news timeline that remembers everything it ever said."""
