"""ModelDeployment: which version is served, its pods, its monitor."""
