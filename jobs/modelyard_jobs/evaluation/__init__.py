"""How good the model is, and against what: metrics, intervals, comparisons, checks."""
