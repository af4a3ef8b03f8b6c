"""ModelDeployment: which version answers, its pods, its monitor."""
