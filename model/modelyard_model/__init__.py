"""A model as files: fitted preparation, weights, loader; shared by training and serving."""
