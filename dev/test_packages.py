"""Debian packages that only the tests need: a real Alertmanager and a browser."""

from dev.cluster import packages

TEST_PACKAGES = ("chromium", "prometheus-alertmanager")

if __name__ == "__main__":
    packages.ensure((*packages.PACKAGES, *TEST_PACKAGES))
