"""SQL of the response, by what it is for."""
