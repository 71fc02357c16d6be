"""The numbers of the plots of an evaluation of routers, one plot a file. Nothing here draws."""
