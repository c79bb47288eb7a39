"""HTTP: from a query's path and parameters to the bytes of the API's answer."""
