"""The rows: read from S3, typed, checked and described."""
