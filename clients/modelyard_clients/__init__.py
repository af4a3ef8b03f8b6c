"""What jobs, serving and the command line share to reach MLflow and S3, and what a stored model must not carry."""
