"""The API described: one OpenAPI document, made from the routes and from the models that check what is sent."""
