"""The real servers of the local platform as child processes: SeaweedFS, MLflow, Traefik."""
