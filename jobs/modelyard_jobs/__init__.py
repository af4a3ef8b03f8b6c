"""What runs in job pods: training and monitoring."""
