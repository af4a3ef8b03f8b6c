"""From a person's rows to requests, and from predictions to a table."""
