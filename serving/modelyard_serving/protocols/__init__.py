"""The languages the server speaks: bytes of a request to columns, answers to bytes. Pure."""
