"""Manifests as people write them: files, folders, stdin; several documents; data files beside them."""
