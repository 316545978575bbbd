"""WeightsOperations: what is asked of model files."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable
from typing import Protocol

from orstt_core.types import Change, Pruned, PullProgress, StoredWeights, Verification


class WeightsOperations(Protocol):
    """The files of models: where they are, brought here, verified, carried elsewhere and removed."""

    def pull_model(self, ref: str, model_type: str = "") -> AsyncGenerator[PullProgress]:
        """Bring weights to this machine (find, join or fetch, verify), yielding progress; the last is `success`.

        Those who pull the same weights at the same time share one pull; it stops when the last of them closes.

        Args:
            ref: name of a configured model, or weights: a name that a format knows or a hub repository.
            model_type: the engine that the weights are for; empty: as the name tells, else the usual one.

        Raises:
            InvalidRequest: nobody knows such weights; while iterating, as the next one.
            WeightsError: they are nowhere, may not be fetched, or are damaged.
        """
        ...

    async def weights(self, ref: str | None = None) -> list[StoredWeights]:
        """Return which model files are on the machine that does the work, and which models use them.

        Those of configured models are listed whether they are here or not. Nothing is read.

        Args:
            ref: a configured model, or weights; None is all.

        Raises:
            InvalidRequest: nobody knows such weights.
        """
        ...

    async def verify_weights(self, ref: str) -> Verification:
        """Read every byte of a model's files and compare it with what was published.

        Damaged files of the hub's cache are removed, so that they are not used and are fetched anew.

        Args:
            ref: a configured model, or weights.

        Raises:
            InvalidRequest: nobody knows such weights, or the engine finds its files itself.
            WeightsError: they are not here.
        """
        ...

    def export_model(self, ref: int | str) -> AsyncGenerator[bytes]:
        """Yield one file with a model's weights, their digests and its configuration, for `import_model` elsewhere.

        Raises:
            ModelNotFound: no model has that id or name; while iterating, as the next two.
            InvalidRequest: its engine finds its files itself.
            WeightsError: its files are not here, or damaged.
        """
        ...

    async def import_model(self, archive: AsyncIterable[bytes], name: str | None = None) -> Change:
        """Store the weights of such a file, once each is what its digest says, and configure the model.

        Args:
            archive: its bytes, in parts.
            name: what to call the model; None: as it was called.

        Raises:
            InvalidRequest: it is no such file.
            ModelExists: the name is taken; nothing is stored.
            WeightsDamaged: a file is not what its digest, or the publisher, says; nothing is stored.
            WeightsError: there is no room for them, or no permission to write.
        """
        ...

    async def prune_weights(self, *, remove: bool = False) -> Pruned:
        """Return what no configured model needs: leftovers of downloads, copies, and weights that OR-STT brought.

        Args:
            remove: also remove it.

        Raises:
            WeightsError: something may not be removed.
        """
        ...
