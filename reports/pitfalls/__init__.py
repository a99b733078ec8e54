"""Wrong benchmarks beside right ones: judging and drawing what they measured."""
