"""The operator: watches both resources and makes the cluster and the registry match them."""
