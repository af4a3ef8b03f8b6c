"""What a person sees in the registry: version, alias and run, in a real browser."""

import shutil
from pathlib import Path

import polars as pl
import pytest
from palmerpenguins import load_penguins
from playwright.sync_api import Page, expect, sync_playwright

from dev.platform import chart
from dev.platform.kubectl import kubectl, secret_value
from tests.e2e.conftest import Platform

SCREENSHOTS = Path(__file__).parents[2] / "build/screenshots"
CHROMIUM = shutil.which("chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-sync"]
EXAMPLE = Path(__file__).parents[2] / "manifests/examples/penguins.yaml"


def look(page: Page, url: str, *texts: str) -> None:
    page.goto(url)
    for text in texts:
        expect(page.get_by_text(text).first).to_be_visible(timeout=60_000)
    page.screenshot(path=SCREENSHOTS / f"{texts[0].strip('@ ').replace('.', '-')}.png")


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine: apt-get install chromium")
def test_run_version_and_alias_are_shown(platform: Platform, mlflow_url: str) -> None:
    platform.upload("penguins.csv", pl.from_pandas(load_penguins()))
    kubectl("apply", "-n", platform.namespace, "-f", str(EXAMPLE))
    job = platform.decided("penguins")
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    login = {"username": "admin", "password": secret_value(chart.SYSTEM_NAMESPACE, "modelyard-mlflow", "admin-password")}
    registered = f"{platform.namespace}.penguins"
    with sync_playwright() as browsers:
        browser = browsers.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        try:
            page = browser.new_context(http_credentials=login).new_page()  # type: ignore[arg-type]
            look(page, f"{mlflow_url}/#/models/{registered}?workspace=default", "@ champion", "Version 1")
            link = job["status"]["mlflow"]["url"].partition("/#/")[2]  # the port is another one here
            look(page, f"{mlflow_url}/#/{link}", "penguins-1", registered)
        finally:
            browser.close()
