"""The languages the server speaks: bytes of a request to columns, outputs to bytes. Pure."""
