"""The gloss: each term of the field in one plain sentence. F1 shows the one of the focused thing."""

from __future__ import annotations

GLOSS: dict[str, str] = {
    "adapter": "The small file that training makes. It lies over the base model; alone it does nothing.",
    "alpha": "How strongly the adapter speaks over the base model. Twice the rank is usual.",
    "attention": "How each token looks back at the ones before it. `auto` takes the fastest way this machine has.",
    "base model": "The model you start from. It is read, never changed.",
    "chat template": "How turns of a chat are written into one text for the model: who speaks, where a turn ends.",
    "checkpoint": "The state of training, saved to disk, from which it can go on after a stop.",
    "context": "How many tokens the model can read at once. A token is about three quarters of an English word.",
    "dropout": "The share of the adapter that is switched off at random while learning, so that it does not memorise.",
    "effective batch": "How many rows are looked at before the adapter changes once. More is steadier and slower.",
    "epochs": "How often the whole dataset is gone through. More than three on little data tends to memorise.",
    "eval steps": "After how many steps the holdout is looked at. Empty: about ten times in a run.",
    "finding": "A place in your rows that may name or point at somebody. `sure` is how sure the search is, 0 to 1.",
    "gradient checkpointing": "Computes some things twice to save memory: about a third slower, far less memory.",
    "holdout": "Rows kept apart and never trained on, to see whether it learned or only memorised.",
    "keep checkpoints": "How many checkpoints stay on disk; older ones are removed.",
    "known values": "Words only you know to be personal: your name, your town, your clients. They are always hidden.",
    "learned tokens": "The parts it learns to say: the answers and where they end. The rest is only read as context.",
    "learning rate": "How big each step of learning is. Too big forgets and jumps, too small learns nothing.",
    "licence": "What the makers of the model allow. Unknown means: read the terms yourself before you use it.",
    "long rows": "What becomes of rows longer than the limit: their end is cut, or the row is left out.",
    "loss": "How surprised the model is by the right answer. Lower is better; the holdout's counts.",
    "mapping": "Which column of your file plays which part: the prompt, the answer, the system text.",
    "max grad norm": "A limit on how far a single step may jump.",
    "max length": "Tokens of a row that the model reads while learning; longer rows are cut. Costs memory.",
    "max steps": "Stop after so many steps, whatever the epochs say. Empty: no such limit.",
    "micro batch": "How many rows are worked on at once. More needs more memory.",
    "optimizer": "The rule by which each step is made. `auto` saves memory on a GPU.",
    "packing": "Several short rows in one pass. Faster on a GPU with many short rows.",
    "parameters": "The numbers a model consists of. More can do more and needs more memory.",
    "perplexity": "Between how many words the model wavers on average. Lower is better.",
    "quantization": "How exactly the base model is kept while training: nf4 needs a quarter of the memory.",
    "rank": "How much room the adapter has to learn. 8 to 32 is usual; more needs more memory and memorises sooner.",
    "save steps": "After how many steps a checkpoint is saved.",
    "scheduler": "How the learning rate falls over the run.",
    "seed": "The number that fixes all chance, so that the same run gives the same result.",
    "shape": "How your rows are built: chats with turns, question and answer, or plain text.",
    "targets": "Which parts of the model get an adapter. All linear layers is the usual choice.",
    "warmup ratio": "The share of the run in which the learning rate climbs from zero.",
    "weight decay": "Pulls the adapter's numbers towards zero, against memorising.",
}


def gloss_of(term: str) -> str:
    """The sentence for a term; empty where there is none. `learning_rate` finds `learning rate`."""
    return GLOSS.get(term.replace("_", " ").lower(), "")
