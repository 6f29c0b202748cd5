"""A text encoder in the shape of DistilBERT, with random weights: its bytes and its time are real, its answers not."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

LAYERS, WIDTH, HEADS, FEED_FORWARD, VOCABULARY, POSITIONS = 6, 768, 12, 3072, 30522, 512


class Encoder(nn.Module):
    """Tokens `(n, length)` in, one vector for each `(n, length, width)` out; by default 66 million parameters.

    All weights are random but the words' vectors, which are zeros. Query, key and value are plain `nn.Linear` layers:
    those inside `nn.TransformerEncoder` are not converted by dynamic quantization.

    Args:
        layers, width, heads, feed_forward, vocabulary, positions: as in DistilBERT unless told.

    Raises:
        ValueError: the width is no multiple of the heads; or, when asked, tokens that it has no words or places for.

    Source: V. Sanh et al., "DistilBERT, a distilled version of BERT" (2019).
    """

    def __init__(
        self,
        layers: int = LAYERS,
        width: int = WIDTH,
        heads: int = HEADS,
        feed_forward: int = FEED_FORWARD,
        vocabulary: int = VOCABULARY,
        positions: int = POSITIONS,
    ) -> None:
        super().__init__()
        if heads < 1 or width % heads:
            raise ValueError(f"a width of {width} cannot be shared by {heads} heads")
        # NumPy's zeros take no memory before they are touched: 94 MB less, and no time depends on a word's numbers.
        words = torch.from_numpy(np.zeros((vocabulary, width), np.float32))
        self.words = nn.Embedding(vocabulary, width, _weight=words)
        self.places = nn.Embedding(positions, width)
        self.norm = nn.LayerNorm(width)
        self.layers = nn.Sequential(*(_Layer(width, heads, feed_forward) for _ in range(layers)))

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        most, words = self.places.num_embeddings, self.words.num_embeddings
        if tokens.dtype != torch.int64 or tokens.ndim != 2 or tokens.shape[1] > most:
            raise ValueError(f"tokens are int64 (n, up to {most}), not {tokens.dtype} {tuple(tokens.shape)}")
        if tokens.numel() and not 0 <= tokens.min() <= tokens.max() < words:
            raise ValueError(f"tokens are 0 to {words - 1}, one below the number of words")
        places = torch.arange(tokens.shape[1])
        return self.layers(self.norm(self.words(tokens) + self.places(places)))


class _Layer(nn.Module):
    """Attention, then two linear layers, each added to its input and normalised."""

    def __init__(self, width: int, heads: int, feed_forward: int) -> None:
        super().__init__()
        self.heads = heads
        self.query, self.key, self.value = (nn.Linear(width, width) for _ in range(3))
        self.out = nn.Linear(width, width)
        self.wide, self.narrow = nn.Linear(width, feed_forward), nn.Linear(feed_forward, width)
        self.first_norm, self.second_norm = nn.LayerNorm(width), nn.LayerNorm(width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        n, length, width = x.shape

        def split(part: torch.Tensor) -> torch.Tensor:
            return part.view(n, length, self.heads, width // self.heads).transpose(1, 2)

        seen = F.scaled_dot_product_attention(split(self.query(x)), split(self.key(x)), split(self.value(x)))
        x = self.first_norm(x + self.out(seen.transpose(1, 2).reshape(n, length, width)))
        return self.second_norm(x + self.narrow(F.gelu(self.wide(x))))
