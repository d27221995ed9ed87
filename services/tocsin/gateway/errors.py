"""The error that becomes an HTTP answer."""


class HttpError(Exception):
    """The request is answered with this status and text."""

    def __init__(self, status: int, text: str, *, retry_after_s: int = 0) -> None:
        super().__init__(text)
        self.status = status
        self.retry_after_s = retry_after_s
        """Seconds after which the client may try again; 0 if that is not known."""
