"""TrainingJob: one Job per attempt, the verdict on its result, the registered version and the movement of the alias.

``gather`` reads everything into one Observed; ``decide`` asks one policy after the other, the first that answers decides; ``status``
computes the whole status from both. Policies: before there is a result ``start``, afterwards ``comparison``,
``registration`` and ``promotion``, at the end ``finished``. What a person says about a promotion is in ``approval``.
"""
