"""Column types as training knows them: one file per type, which recognises a column of it, reads it, and fits it on the training split.

What is fitted is a ``FittedColumn`` of ``modelyard_model.columns``. Whoever reads, plans or fits columns asks ``registry.training_of`` and knows no type.
"""
