"""`modelyard explain`: a resource's spec, status and events as sentences. Pure: what is observed comes in, text goes out."""
