"""TrainingJob: one Job per attempt, the verdict on its result, the registered version and the movement of the alias.

``gather`` reads everything into one Observed; ``phases`` has a row per phase: what is read, and which policies are tried one after the
other, until one decides; ``status`` computes the whole status and its Events from both. Policies: before there is a result ``start``,
afterwards ``judged``, ``comparison``, ``registration`` and ``promotion``, at the end ``finished``. What a person says about a promotion
is in ``approval``.
"""
