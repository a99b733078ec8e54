"""The recorders see what two small programs do, whose timers are known by hand.

/usr/bin/python3 recorder.py FOLDER   (FOLDER: bench/lab of a build)
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

# Five timers. Starts: five, and the one that repeats three times over; one of them is restarted.
EXPECTED = {"timers": 5, "starts": 8, "restarts": 1, "stops": 3, "fires": 5, "left_out": 0,
            "dropped": 0, "loops": 1, "peak_pending": 5}


def recorded(lab, library, folder):
    environment = os.environ | {"CYCLONE_RECORD_DIR": str(folder),
                                "LD_PRELOAD": str(lab / f"record_{library}.so")}
    subprocess.run([lab / f"sample_{library}"], env=environment, check=True, timeout=60)
    done = subprocess.run(
        [lab / "timer_trace", "make", "--out", folder / "t.trace", "--program", "sample",
         "--command", "none", "--source", library, *folder.glob("*.raw")],
        check=True, capture_output=True, text=True, timeout=60)
    return json.loads(done.stdout)


def main(words):
    lab, wrong = Path(words[0]), 0
    there = [name for name in ("libuv", "libevent") if (lab / f"record_{name}.so").is_file()]
    for library in there:
        with tempfile.TemporaryDirectory() as name:
            found = recorded(lab, library, Path(name))
        told = {key: found[key] for key in EXPECTED}
        print(f"{library}: {told}")
        wrong += told != EXPECTED
    return 1 if wrong or not there else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
