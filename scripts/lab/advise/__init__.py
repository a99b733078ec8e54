"""`cyclone advise COMPONENT`: which variant a user should take, why, and what a mistake costs.

ask reads what was asked, qualify rules out by what variants declare, measure or lookup finds what
the others cost, recommend (pure) decides, screen prints. What a component is asked is in a module
of its own (timer.py): its options, rules, workloads and the order in which ties are broken.
"""
