"""The matrices of a model from its figures alone, for models that are not on this machine yet.

The layout is that of a decoder with a gated feed-forward part (Llama, Mistral, Qwen, Gemma, SmolLM, OLMo 2): four
matrices of attention, three of the feed-forward part, an embedding, and an output head unless it is tied.
"""

from __future__ import annotations

from engine.models.facts import ModelFacts, Weight

_GGUF_NAMES = {
    "attn_q": "q_proj",
    "attn_k": "k_proj",
    "attn_v": "v_proj",
    "attn_output": "o_proj",
    "ffn_gate": "gate_proj",
    "ffn_up": "up_proj",
    "ffn_down": "down_proj",
}


def weights_of(facts: ModelFacts) -> tuple[Weight, ...]:
    """The model's matrices: as the file has them, else from its figures; empty when the figures do not suffice."""
    return facts.weights or _from_figures(facts)


def module_name(weight: Weight) -> str:
    """The last part of a module's name, as recipes name targets: `q_proj`. GGUF names are translated."""
    name = weight.name.removesuffix(".weight").rpartition(".")[2]
    return _GGUF_NAMES.get(name, name)


def _from_figures(facts: ModelFacts) -> tuple[Weight, ...]:
    layers, hidden, inner = facts.layers, facts.hidden_size, facts.intermediate_size
    heads, vocabulary = facts.heads, facts.vocab_size
    if not (layers and hidden and inner and heads and vocabulary):
        return ()
    head_dim = facts.head_dim or hidden // heads
    query, key = heads * head_dim, (facts.kv_heads or heads) * head_dim
    shapes = {
        "self_attn.q_proj": (query, hidden),
        "self_attn.k_proj": (key, hidden),
        "self_attn.v_proj": (key, hidden),
        "self_attn.o_proj": (hidden, query),
        "mlp.gate_proj": (inner, hidden),
        "mlp.up_proj": (inner, hidden),
        "mlp.down_proj": (hidden, inner),
    }
    found = [Weight("model.embed_tokens.weight", (vocabulary, hidden), 1, "embedding")]
    found += [Weight(f"model.layers.*.{name}.weight", shape, layers, "linear") for name, shape in shapes.items()]
    found.append(Weight("norms", (hidden,), 2 * layers + 1, "other"))
    if not facts.tied_embeddings:
        found.append(Weight("lm_head.weight", (vocabulary, hidden), 1, "head"))
    return tuple(found)
