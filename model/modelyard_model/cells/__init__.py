"""How cells are read: the same rules for training, evaluation, requests and files. NumPy and the standard library alone."""
