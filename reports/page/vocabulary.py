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
    ("UNDECIDED", "Neither; or fewer than ten units. It says about how many more would do."),
    ("INVALID", "A control failed, a slowdown planted in the group was not seen, the variant is "
     "red, or most samples were disturbed."),
)
k_control_words = {"ok": "green", "warn": "to look at", "failed": "failed", "absent": "absent"}
k_method = (
    ("unit", "One process is one sample; a block holds every cell of a group once, in balanced "
     "random order. Where each binary was linked several times, every link of a binary is one "
     "layout, a block runs one layout, and the layout is the unit of every interval and test on "
     "time: its value is the median over its blocks. Otherwise the block is the unit."),
    ("ratio", "Formed inside a block, as a logarithm; the point is the median over the units."),
    ("interval", "Order statistics of the sign test: exact, whatever the distribution, as long "
     "as the units are independent. Coverage is at least the level and is stated; below six units "
     "there is no interval."),
    ("delta", "The larger of 2 % and twice the 95th percentile of what the median ratio of "
     "identical code (A/A) does under the noise of the same row. The twin of an A/A pair is "
     "another link of the same code, so delta holds what a layout does."),
    ("plant", "A known share of extra time put into the reference. The verdict on it must be "
     "SLOWER; where it is not, this group could not see such a difference, so it is INVALID. More "
     "misses than a power of 80 % explains (binomial, below 5 %) make the run INVALID."),
    ("floor", "The cost of the harness around nothing is subtracted, with its own interval. "
     "Where it exceeds a fifth of the signal, the row is decided on instructions or counted work. "
     "Overhead is the floor as a share of the row's own time."),
    ("roof", "An operation that does the least a variant could. It is shown beside the variants "
     "and decides nothing."),
    ("A12", "Vargha and Delaney's effect size: the chance that a unit of the variant took less "
     "time than a unit of the reference, ties counting half, after the drift common to a block is "
     "taken off. 0.5 is a coin, 1 always faster, 0 always slower. It says how often, the ratio "
     "says how much."),
    ("TOST", "Two one-sided sign tests that the median lies inside plus or minus delta. A p of "
     "at most half of what the level leaves is the same statement as SAME."),
    ("tests", "p is the exact sign test, p(perm) swaps variant and reference inside each unit. "
     "Holm adjusts inside a group and inside a claim, q (Benjamini and Hochberg) over all pairs "
     "of the run. A verdict needs none of them: it rests on the interval."),
    ("looks", "A group may stop early, at looks planned beforehand. Each look spends a share of "
     "the 5 %, so its level is higher than 95 % and stands beside the interval; plain peeking at "
     "every block would triple the false verdicts."),
    ("power", "The chance that this many units with this noise show a difference as large as the "
     "planted one."),
    ("steady", "Change points of the batches inside a process: flat (one level), warmed (reaches "
     "its fastest level and stays), slowing (ends slower than its fastest level), none (no steady "
     "state at the end). Nothing is cut away. A process has one median; the unit is above it."),
    ("dependent", "Batches of one process that follow each other (lag-1 autocorrelation beyond "
     "what independent batches show) are marked. The intervals do not rest on batches."),
    ("tail", "A quantile is taken inside each unit; its interval is that of the median over "
     "units. A quantile is told where at least one observation a unit lies beyond it. Batches are "
     "means of many operations: their tail is not that of an operation."),
    ("latency", "Operations begin on a schedule that does not wait (open loop). Intended: from "
     "the time the operation should have begun, so a stall counts for everyone behind it. Raw: "
     "from the time it did begin. Where more than 1 % began late by the generator's fault, the "
     "row says so."),
    ("USL", "Gunther's law X(N) = gamma N / (1 + alpha (N - 1) + beta N (N - 1)): alpha is "
     "waiting for each other, beta is coherence. It needs six thread counts; with more threads "
     "than processors the curve shows contention, not scaling."),
    ("fairness", "The slowest thread's rate over the fastest's, and Jain's index (1: all alike, "
     "1/N: one thread got everything); medians over units."),
    ("drift", "Theil-Sen slope, over the blocks, of all cells against their own medians. Ratios "
     "are formed inside blocks, so drift does not touch them."),
    ("gap probe", "A loop that reads the clock before and after each block. Time it did not get, "
     "nobody got: a block next to more than 5 % lost is tagged, most blocks lost void the run."),
    ("growth", "Decided on counts, never on time: log-log Theil-Sen slope, else models with an "
     "intercept compared by AICc. \"Cannot tell\" is an answer."),
    ("baseline", "Worse than a baseline is: a claim that held and is refuted; more than 2 % more "
     "instructions; a ratio inside the run whose interval lies wholly above the one it had, by "
     "more than delta. Times of two runs are never compared."),
    ("absent", "A dash is data that does not exist. It is never a zero and never a pass. A word in "
     "its place says why there is none: a closed box does not count its work, a capped cell would "
     "have taken too long, nobody asked for another."),
    ("declared", "What a variant says of itself: growth of START, STOP and a tick, how late it "
     "fires, in which order, what its next_deadline() is worth. Where instructions grow faster "
     "than declared, the cell says so."),
    ("worst tick", "The longest single advance() while a storm passes. Its steps of work are "
     "exact; its nanoseconds are the median over units, and of one process where it says so."),
)
k_statistics = {
    "unit": "layout, or block where there is one link",
    "interval": "exact order statistics (sign test) of the median over units",
    "family_error": "Holm inside a group of pairs and inside a claim; Benjamini and Hochberg (q) "
        "over all pairs, for exploring",
    "effect": "Vargha and Delaney's A12, drift common to a block taken off",
    "equivalence": "two one-sided exact sign tests",
    "early_stop": "planned looks that share alpha = 0.05; the level of the last one stands in the "
        "row",
    "drift": "Theil-Sen over blocks",
}
