"""How the training rows were distributed, in the order of time: written at training, read by monitors."""
