"""Jobs shared out among a few threads, each of which waits for a process."""

from concurrent.futures import ThreadPoolExecutor


def share_out(work, jobs, workers):
    """The results in the order of the jobs. When one fails, or Ctrl-C comes, the jobs that wait are
    never begun: only those that run are waited for."""
    pool = ThreadPoolExecutor(workers)
    try:
        return list(pool.map(work, jobs))
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
