"""``modelyard-job <command>``: each file is one command, from top to bottom."""
