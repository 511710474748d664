"""The two built-in checkpoints and the recipe that made them.

The app reads the two folders and imports nothing from here.
"""
