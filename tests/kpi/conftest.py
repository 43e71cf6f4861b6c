"""Makes `panels` importable from every folder below."""
