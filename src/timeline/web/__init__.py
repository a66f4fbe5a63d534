"""The pages and the API: requests in, views out. No SQL here, and no rule of the record."""
