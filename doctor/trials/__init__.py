"""
What can only be known by running: the model loaded, saved again, asked and served, in a sandbox.

``running`` runs the steps in a sandbox and reads what comes of them; ``sandbox/`` holds the places where they run;
``probe/`` is what runs there, handed over as one file that needs the standard library alone; ``verdict`` holds what was
seen against what was expected. The artifact's code never reaches the interpreter that runs doctor.
"""
