"""Which row goes where, by hash."""
