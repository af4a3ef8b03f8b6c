"""The model registry (MLflow): what the operator reads of it and the few things that it changes in it."""
