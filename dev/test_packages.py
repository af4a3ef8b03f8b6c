"""Debian packages that only the tests need: a real Alertmanager and a browser."""

from dev.cluster import binaries

TEST_PACKAGES = ("chromium", "prometheus-alertmanager")

if __name__ == "__main__":
    binaries.ensure_packages((*binaries.PACKAGES, *TEST_PACKAGES))
