"""How resources look on a terminal and in a pipe: as kubectl prints them."""
