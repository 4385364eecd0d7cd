class Unavailable(Exception):
    """A part that a request needs is down, late or full: the caller gets 503 with this text, and may come again."""
