"""Reading the creator's rows: formats, shapes, checks, split, and what the model will see of them."""
