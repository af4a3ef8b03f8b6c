"""One file per verb. Each is loaded when its verb is used."""
