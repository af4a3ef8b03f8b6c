"""Predictions and true outcomes on their way to S3, as Parquet."""
