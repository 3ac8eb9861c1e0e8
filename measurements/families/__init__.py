"""The families of libraries, one a module."""
