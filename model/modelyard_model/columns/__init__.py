"""Fitted columns: one file per type, each with its JSON document and how cells of it become features.

A type subclasses ``FittedColumn`` and is registered with ``registry.register``; ``Preparation`` puts columns together and knows none of them.
"""
