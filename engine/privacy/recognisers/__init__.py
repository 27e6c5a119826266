"""What finds personal data, and the lists of words that tell names from words.

Nothing is imported here: the lists are asked by parts that must not load a detector. All recognisers are in `table`.
"""
