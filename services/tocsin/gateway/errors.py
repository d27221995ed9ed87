"""The error that becomes an HTTP answer."""


class HttpError(Exception):
    """A request that is answered with this status and text."""

    def __init__(self, status: int, text: str, *, retry_after_s: int = 0) -> None:
        super().__init__(text)
        self.status = status
        self.retry_after_s = retry_after_s
        """When it is worth another try; 0 where that is not known."""
