"""Limits of distances that are exceeded as seldom as the user asked, as far as the training rows tell how much the data wander by themselves."""
