"""What may be stored: the same defaults, checks and words as the API server's."""
