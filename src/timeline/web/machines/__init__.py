"""The pages for machines: one module a format, each from a view to a document; `routes` answers with them."""
