"""A tenth of a hundred thousand samples, at a pace that leaves room for the other nine tenths."""

import time

import scale
import synthetic

from reports import analyse
from reports.page import report

SAMPLES = 10_000


def test_ten_thousand_samples_are_quick(tmp_path):
    """100 000 may take 20 s and their page 10 s on one core: a tenth of them gets a tenth."""
    folder = synthetic.write(tmp_path, scale.world(SAMPLES))
    count = sum(1 for _ in open(folder / "samples.jsonl", "rb"))
    began = time.process_time()
    analysis = analyse.analyse(folder)
    analysed = time.process_time()
    page = report.page(analysis)
    drawn = time.process_time()
    assert count >= 0.9 * SAMPLES
    assert analysed - began < 20.0 * count / 100_000 + 1.0  # and what does not grow with samples
    assert drawn - analysed < 10.0 and len(page) < report.k_size_max
    assert analysis["controls"]["ok"], analysis["controls"]["failed"]
