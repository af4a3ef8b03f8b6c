"""The operator's ``Kube`` on one machine: resources in a SQLite file instead of an API server."""

from modelyard_local.store.local_store import LocalStore as LocalStore
