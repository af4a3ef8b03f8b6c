module modelyard.dev/cluster/helm

go 1.26.0

tool helm.sh/helm/v4/cmd/helm
