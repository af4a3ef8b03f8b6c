"""One run of a ModelDeployment's monitor: windows from the request log, drift, realised quality, alerts."""
