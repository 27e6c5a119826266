"""The bundled demo: a tiny chat model, chats with planted personal details, and the scripts that make both."""
