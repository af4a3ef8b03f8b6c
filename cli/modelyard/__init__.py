"""Modelyard from Python."""
