"""How the verdicts are defined: the words of the report, in one place, shown at its end."""

k_claim_words = (
    ("SUPPORTED", "Every test that decides the claim holds on this machine."),
    ("SUPPORTED IN SHAPE", "The form holds (a line, a bound, a direction), the printed magnitude "
     "does not. Both figures are shown."),
    ("REFUTED", "At least one test that decides the claim fails, on evidence that is whole."),
    ("UNDECIDED", "Data is missing, or the interval reaches across the edge. It says what is "
     "missing."),
    ("NOT TESTABLE HERE", "A precondition of the claim is not met by this machine."),
    ("INVALID", "The gate or a control failed, so the figures must not be read."),
)
k_pair_words = (
    ("FASTER", "The interval of the ratio excludes 1 and the point lies beyond delta, below 1."),
    ("SLOWER", "The same above 1."),
    ("SAME", "The whole interval lies inside plus or minus delta."),
    ("UNDECIDED", "Neither; or fewer than ten blocks."),
    ("INVALID", "A control failed, the variant is red, or most samples were disturbed."),
)
k_control_words = {"ok": "green", "warn": "look", "failed": "failed", "absent": "absent"}
k_method = (
    ("unit", "One process is one sample; a block holds every cell of a group once, in balanced "
     "random order. The unit of every interval on time is the block."),
    ("ratio", "Formed inside a block, as a logarithm; the point is the median over the blocks."),
    ("interval", "Order statistics of the sign test: exact, whatever the distribution. Coverage is "
     "at least 95 % and is stated; below six blocks there is no interval."),
    ("delta", "The larger of 2 % and twice the 95th percentile of what the median ratio of "
     "identical code (A/A) does under the noise of the same row."),
    ("floor", "The cost of the harness around nothing is subtracted, with its own interval. Where "
     "it exceeds a fifth of the signal, the row is decided on instructions or counted work."),
    ("growth", "Decided on counts, never on time: log-log Theil-Sen slope, else models with an "
     "intercept compared by AICc. \"Cannot tell\" is an answer."),
    ("absent", "A dash is data that does not exist. It is never a zero and never a pass."),
)
