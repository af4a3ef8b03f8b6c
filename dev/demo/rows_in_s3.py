"""The demo's files in S3: flights go in, the monitor's report comes out."""

from pathlib import Path
from typing import Any

import polars as pl
from modelyard_cli import reports

from dev.cluster.locations import REPOSITORY

FOLDER = REPOSITORY / "build" / "demo"


def upload(s3: Any, name: str, rows: pl.DataFrame) -> str:
    """Rows as Parquet in the shared bucket; returns the URI."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / f"{name}.parquet"
    rows.write_parquet(path)
    s3.upload_file(str(path), "datasets", f"flights/{name}.parquet")
    return f"s3://datasets/flights/{name}.parquet"


def download_report(s3: Any, uri: str) -> Path:
    """The page at ``uri`` as a file that a browser opens without the keys of S3."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    bucket, key = uri.removeprefix("s3://").split("/", 1)
    page = FOLDER / "report.html"
    page.write_bytes(reports.page(s3, bucket, key))
    return page
