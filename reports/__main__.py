"""`python3 -m reports RUN_DIR`: analysis and report of a run folder, on any machine."""

import sys

from reports.errors import ReportError
from reports.page import report


def main(arguments: list[str]) -> int:
    if len(arguments) != 1 or arguments[0].startswith("-"):
        print("usage: python3 -m reports RUN_DIR", file=sys.stderr)
        return 64
    try:
        print(report.write(arguments[0]))
    except ReportError as error:
        print(f"reports: error: {error.text()}", file=sys.stderr)
        return error.code
    except OSError as error:
        print(f"reports: error: {error}", file=sys.stderr)
        return 74
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
