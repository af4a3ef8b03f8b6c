"""Column types as training knows them: one file per type, which fits a column of it on the training split.

What is fitted is a ``FittedColumn`` of ``modelyard_model.columns``. Whoever fits or plans columns asks ``registry.fitter_of`` and knows no type.
"""
