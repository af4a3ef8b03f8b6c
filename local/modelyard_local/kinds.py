"""Kinds that people and the local platform use beyond those that the operator knows."""

from collections.abc import Mapping

from modelyard_operator.kube.interface import KINDS, Kind

CONFIG_MAP = Kind("", "v1", "configmaps", "ConfigMap")
SECRET = Kind("", "v1", "secrets", "Secret")

ALL_KINDS: Mapping[str, Kind] = {**KINDS, **{kind.name: kind for kind in (CONFIG_MAP, SECRET)}}
