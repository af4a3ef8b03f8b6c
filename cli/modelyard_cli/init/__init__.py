"""`modelyard init`: looks at a file as the trainer would, and writes a commented TrainingJob and ModelDeployment to start from."""
