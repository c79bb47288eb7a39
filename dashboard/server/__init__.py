"""The ASGI server: lifespan, middleware, allowed hosts."""
