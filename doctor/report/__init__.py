"""A report as text: to a terminal, or as JSON. With cli.py the only code that prints."""
