"""Made-up values that stand in for personal ones: of the same kind and shape, drawn by a secret key.

One file for each kind of value. All of them are pure: the same key, the same values in the same order and the same
original give the same surrogates. Nothing here reads the dataset or loads a detector.
"""
