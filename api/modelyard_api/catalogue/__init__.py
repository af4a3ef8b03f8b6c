"""What there is: tasks, metrics and architectures, as facts. What does the work is named by dotted path and imported only in the image that needs it.

The enumerations, rules and texts of the CRDs, the checks of parameters, what ``modelyard init`` writes and the tables in ``docs/`` are derived from these
facts. Another metric or architecture is one line here and one file where it is computed.
"""
