"""Addresses and names of the one-node cluster, the same on every machine.

The node's address is put on the loopback interface: it stays when the machine changes its network, and nothing is
offered to the network outside.
"""

NODE_NAME = "modelyard"
NODE_ADDRESS = "10.245.0.1"
API_PORT = 6443
API_URL = f"https://{NODE_ADDRESS}:{API_PORT}"
POD_RANGE = "10.244.0.0/24"
SERVICE_RANGE = "10.96.0.0/16"
API_SERVICE_ADDRESS = "10.96.0.1"
DNS_ADDRESS = "10.96.0.10"
CNI_NETWORK = "modelyard"
BRIDGE = "modelyard0"
GPUS = 4
"""Pretended GPUs: the scheduler counts them, the pods that get one run on the CPU."""
