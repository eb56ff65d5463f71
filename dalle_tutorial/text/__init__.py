"""Words to vectors: tokenisers, the transformer text encoder, and probes of what it knows."""
