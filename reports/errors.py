"""The one exception of this package: what is wrong, where, and what to do about it."""

k_code_data = 65  # a data file that cannot be read, or that does not belong here
k_code_missing = 66  # an input that should be there and is not
k_code_config = 78  # a file of the tree (a claim, the bibliography) that is wrong


class ReportError(Exception):
    """Carries the exit code, so that the command line only has to print it and leave."""

    def __init__(self, message: str, place: str = "", remedy: str = "", code: int = k_code_data):
        self.message = message
        self.place = place
        self.remedy = remedy
        self.code = code
        super().__init__(self.text())

    def text(self) -> str:
        where = f"{self.place}: " if self.place else ""
        what_next = f"\n  remedy: {self.remedy}" if self.remedy else ""
        return f"{where}{self.message}{what_next}"
