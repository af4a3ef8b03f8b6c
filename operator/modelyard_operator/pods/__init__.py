"""What pods and their Jobs tell, for both kinds of resource: facts, why a pod doesn't run, and a container's last words."""
