"""From a person's rows to requests, and from answers to a table."""
