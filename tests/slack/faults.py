"""What can go wrong between an app and Slack, turned on by a test for a method and a number of calls."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Fault:
    """One thing that goes wrong with the next `times` calls of a method; method "*" means any."""

    kind: str
    method: str
    times: int
    error: str = ""
    seconds: float = 0
    status: int = 200


class Faults:
    """Faults that wait for their call: the one that was turned on first comes first, one a call."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def rate_limit(self, method: str, times: int = 1, retry_after: int = 1) -> None:
        """Answers 429 with a Retry-After header."""
        self._faults.append(Fault("rate_limit", method, times, "ratelimited", retry_after, 429))

    def fail(self, method: str, error: str, times: int = 1) -> None:
        """Answers 200 with `ok: false` and this error, for instance "internal_error"."""
        self._faults.append(Fault("fail", method, times, error))

    def server_error(self, method: str, times: int = 1, status: int = 503) -> None:
        """Answers with an HTML page, as an outage of Slack does."""
        self._faults.append(Fault("server_error", method, times, status=status))

    def break_connection(self, method: str, times: int = 1, after_work: bool = False) -> None:
        """Closes the socket without an answer; with `after_work` what was asked is done, only the answer is lost."""
        self._faults.append(Fault("lose_answer" if after_work else "break", method, times))

    def slow(self, method: str, seconds: float, times: int = 1) -> None:
        """Answers as usual, but later."""
        self._faults.append(Fault("slow", method, times, seconds=seconds))

    def heal(self) -> None:
        """Turns off all faults."""
        self._faults.clear()

    def take_fault(self, method: str) -> Fault | None:
        """The fault for this call, which is then used once."""
        for fault in self._faults:
            if fault.method in (method, "*") and fault.times > 0:
                fault.times -= 1
                return fault
        return None
