"""
Measures what the libraries really do with one another's files, and holds doctor against it.

``python -m measurements facts FAMILY`` makes the environments from PyPI, lets every version write its objects and
every other read and use them, and writes ``doctor/facts/measured/FAMILY.json``. ``python -m measurements matrix``
asks doctor about every such pair. Both go on where they stopped.
"""
