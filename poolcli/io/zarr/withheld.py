"""A store of zarr at an address whose root has no metadata yet: see `unfinished_store`."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING, Any

from poolcli.io.store_folder import UNFINISHED
from poolcli.io.unfinished_store import ROOT_FILES

if TYPE_CHECKING:
    from zarr.abc.store import ByteRequest
    from zarr.core.buffer import Buffer, BufferPrototype


def withheld(store: Any) -> Any:
    """The store, with the metadata of its root in the folder of what is unfinished."""
    return _withheld_store()(store)


@cache
def _withheld_store() -> Any:
    """The class of such stores: an extra has the class that it is derived from."""
    from zarr.storage import WrapperStore

    class WithheldStore(WrapperStore[Any]):
        async def get(
            self, key: str, prototype: BufferPrototype, byte_range: ByteRequest | None = None
        ) -> Buffer | None:
            found: Buffer | None = await self._store.get(_moved(key), prototype, byte_range)
            return found

        async def get_partial_values(
            self,
            prototype: BufferPrototype,
            key_ranges: Iterable[tuple[str, ByteRequest | None]],
        ) -> list[Buffer | None]:
            moved = [(_moved(key), part) for key, part in key_ranges]
            found: list[Buffer | None] = await self._store.get_partial_values(prototype, moved)
            return found

        async def exists(self, key: str) -> bool:
            return bool(await self._store.exists(_moved(key)))

        async def set(self, key: str, value: Buffer) -> None:
            await self._store.set(_moved(key), value)

        async def set_if_not_exists(self, key: str, value: Buffer) -> None:
            await self._store.set_if_not_exists(_moved(key), value)

        async def delete(self, key: str) -> None:
            await self._store.delete(_moved(key))

    return WithheldStore


def _moved(key: str) -> str:
    return f"{UNFINISHED}/{key}" if key in ROOT_FILES else key
