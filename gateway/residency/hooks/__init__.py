"""One file for each kind of server that loads and unloads models when it is told to."""
