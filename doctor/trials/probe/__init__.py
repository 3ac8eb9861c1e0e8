"""
What runs in a sandbox: Python 3.7 to 3.14, the standard library, and the frameworks that are there.

``python probe.pyz STEP REQUEST.json NONCE [MODEL_DIR]``. The result goes to the standard output that the process is
given, as lines that begin with the nonce; whatever the model's code prints goes to standard error.
"""
