"""The two errors that are not ours: the user's (BadInput) and the file's (Unreadable)."""


class BadInput(Exception):
    """What the user gave can't be examined. Its text is one line: what, where, what to do. Exit status 2."""


class NothingExamined(BadInput):
    """Of all checks that were asked none could tell anything: what they need was not given."""


class Unreadable(Exception):
    """
    These bytes are not what their format says.

    The only exception that a reader of bytes raises, whatever the bytes.
    """


class EndsEarly(Unreadable):
    """There are fewer bytes than the file claims: it was cut short."""
