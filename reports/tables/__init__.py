"""The tables of an analysis, and the sentences that go with them."""
