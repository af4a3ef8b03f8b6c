"""Makes the S3 buckets and MLflow users that the chart names and that are missing. Safe to run again."""

import base64
import json
import os
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

WAIT_SECONDS = 240


def s3_client(access_key: str, secret_key: str) -> Any:
    """With these keys."""
    return boto3.client(
        "s3",
        endpoint_url=os.environ["S3_ENDPOINT_URL"],
        region_name=os.environ["S3_REGION"],
        aws_access_key_id=access_key,
        aws_secret_access_key=secret_key,
        config=Config(s3={"addressing_style": "path"}, connect_timeout=5, read_timeout=20),
    )


def make_buckets() -> None:
    """Every bucket of S3_BUCKETS exists."""
    s3 = s3_client(os.environ["S3_ACCESS_KEY_ID"], os.environ["S3_SECRET_ACCESS_KEY"])
    existing = {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}
    for bucket in os.environ["S3_BUCKETS"].split():
        if bucket not in existing:
            s3.create_bucket(Bucket=bucket)
            print(f"made bucket {bucket}")


def use_keys() -> None:
    """The server has read everybody's keys: of a namespace that is new it does so a minute after the Secret has them."""
    for identity in json.loads(Path("/etc/s3/s3.json").read_text())["identities"]:
        for key in identity["credentials"]:
            try:
                s3_client(key["accessKey"], key["secretKey"]).list_buckets()
            except ClientError as error:
                if error.response["Error"]["Code"] != "AccessDenied":  # a key that is known, and may not do this
                    raise


def mlflow(method: str, path: str, body: dict[str, Any]) -> None:
    """One call of MLflow's users API, as the administrator."""
    login = f"{os.environ['MLFLOW_ADMIN_USERNAME']}:{os.environ['MLFLOW_ADMIN_PASSWORD']}"
    request = urllib.request.Request(
        f"{os.environ['MLFLOW_URL']}/api/2.0/mlflow/users/{path}",
        method=method,
        data=json.dumps(body).encode(),
        headers={"Authorization": "Basic " + base64.b64encode(login.encode()).decode(), "Content-Type": "application/json"},
    )
    urllib.request.urlopen(request, timeout=20).read()


def make_users() -> None:
    """Every user of users.json exists with its password, unless it is gone; administrators are administrators."""
    for user in json.loads(Path("/etc/users/users.json").read_text()):
        if user.get("gone"):
            delete_user(user["username"])
            continue
        login = {"username": user["username"], "password": user["password"]}
        try:
            mlflow("POST", "create", login)
            print(f"made MLflow user {user['username']}")
        except urllib.error.HTTPError as error:
            if b"RESOURCE_ALREADY_EXISTS" not in error.read():
                raise
            mlflow("PATCH", "update-password", login)
        mlflow("PATCH", "update-admin", {"username": user["username"], "is_admin": user["admin"]})


def delete_user(name: str) -> None:
    """Its rights go with it; runs and models stay."""
    try:
        mlflow("DELETE", "delete", {"username": name})
        print(f"deleted MLflow user {name}")
    except urllib.error.HTTPError as error:
        if b"RESOURCE_DOES_NOT_EXIST" not in error.read():
            raise


def until_it_works(what: str, action: Callable[[], None]) -> None:
    """Servers that were just installed need a while to answer."""
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            return action()
        except (OSError, BotoCoreError, ClientError) as error:
            if time.monotonic() > deadline:
                sys.exit(f"{what}: {error}")
            print(f"{what}: not yet ({error})", flush=True)
            time.sleep(2)


if __name__ == "__main__":
    if "S3_BUCKETS" in os.environ:
        until_it_works("S3", make_buckets)
        until_it_works("S3 keys", use_keys)
    if "MLFLOW_URL" in os.environ:
        until_it_works("MLflow", make_users)
