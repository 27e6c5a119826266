"""What a licence lets one do: terms as data, texts recognised, base models followed, a verdict."""
