"""MLflow: the run, the logged model, the champion."""
