"""``modelyard-job <command>``: each file is the whole story of one command, from top to bottom."""
