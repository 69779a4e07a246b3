"""Devices, folders and files of a simulated computer. Sizes are numbers: a plot costs a few bytes here.

What a real kernel would refuse raises OSError with its errno.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from reconciler.simulate.clock import Clock
from reconciler.state import Absent, Fact, Known, Unknown


@dataclass(eq=False, slots=True, kw_only=True)
class Device:
    """A file system. total: bytes it can hold; others: those that are taken by what is not simulated.

    refused: how often something found no room. lowest: the fewest bytes that were ever free as room was taken.
    flowing: bytes that are being written now, beyond what the files tell; negative where they shrink.
    """

    number: str
    total: int
    others: int = 0
    mounted: bool = True
    writable: bool = True
    hung: bool = False
    refused: int = 0
    used: int = 0
    lowest: int = field(init=False)
    flowing: Callable[[], float] = field(default=lambda: 0.0)

    def __post_init__(self) -> None:
        self.lowest = self.free

    @property
    def free(self) -> int:
        """Bytes that can still be written."""
        return max(0, int(self.room))

    @property
    def room(self) -> float:
        """The same as it is this very moment; negative where more is taken than there is."""
        return self.total - self.others - self.used - self.flowing()

    def take(self, size: int) -> None:
        """Take so many bytes more, or give them back where negative; OSError where there is no room."""
        free = self.free
        if size > free:
            self.refused += 1
            raise OSError(errno.ENOSPC, "No space left on device")
        self.used += size
        self.lowest = min(self.lowest, free - size)

    def grow(self, file: File, size: int) -> None:
        """Let a file be so many bytes larger, which have been written already."""
        size = max(size, -file.size)
        file.size += size
        self.used += size

    @property
    def trouble(self) -> Absent | Unknown | None:
        """Why it does not answer."""
        if not self.mounted:
            return Absent("is not mounted")
        return Unknown("has not answered for 2 s") if self.hung else None


@dataclass(eq=False, slots=True, kw_only=True)
class File:
    """A regular file. data: its beginning, behind which all is zeros up to size.

    path: None: it was removed. reserved: bytes that are taken ahead for it. holders: whoever has locked it.
    """

    path: str | None
    inode: int
    device: Device
    modified: float
    data: bytearray = field(default_factory=bytearray)
    size: int = 0
    reserved: int = 0
    readable: bool = True
    holders: set[object] = field(default_factory=set)

    def bytes(self, offset: int, limit: int) -> bytes:
        """Some of its content."""
        length = max(0, min(limit, self.size - offset))
        return bytes(self.data[offset : offset + length]).ljust(length, b"\0")


class Disks:
    """All devices, by where they are mounted. The root is always there.

    changed: called with a folder, a name in it, and the file that this stands for from now on; None: none.
    """

    def __init__(self, clock: Clock, root_bytes: int = 10**12) -> None:
        self._clock = clock
        self._mounts: dict[str, Device] = {}
        self._devices: dict[str, Device] = {}
        self._folders: dict[str, dict[str, File | None]] = {}
        self._files: dict[str, File | None] = {}
        self._listings: dict[str, tuple[tuple[str, File | None], ...]] = {}
        self._inodes = 1
        self.changed: Callable[[str, str, File | None], None] = lambda *_: None
        self._shapes = 0
        self.mount("/", root_bytes)

    def mount(self, point: str, total: int) -> Device:
        """Mount a new device of that size."""
        device = Device(number=f"8:{len(self._mounts)}", total=total)
        self.bind(point, device)
        return device

    def bind(self, point: str, device: Device) -> None:
        """Let a device be there, too."""
        self._mounts[point] = device
        self._devices.clear()
        self._shapes += 1
        self.make_folder(point)

    def device(self, path: str) -> Device:
        """The device that a path lies on."""
        device = self._devices.get(path)
        if device is None:
            device = self._mounts[next(point for point in _upward(path) if point in self._mounts)]
            self._devices[path] = device
        return device

    def mount_point(self, path: str) -> str:
        """Where the device below a path is mounted; the one above it, where that is not mounted now."""
        return next(point for point in _upward(path) if point in self._mounts and self._mounts[point].mounted)

    @property
    def points(self) -> tuple[str, ...]:
        """Where devices are mounted, the root left out."""
        return tuple(point for point in self._mounts if point != "/")

    @property
    def devices(self) -> tuple[Device, ...]:
        """Every device, each once."""
        return tuple(dict.fromkeys(self._mounts.values()))

    @property
    def shape(self) -> object:
        """Equal while no folder comes or goes, and every device is as much there as it was."""
        there = [(device.mounted, device.hung) for device in self._mounts.values()]
        return self._shapes, there

    # folders

    def make_folder(self, path: str) -> None:
        """Make a folder and those above it."""
        self._writable(path)
        if path in self._folders:
            return
        self._shapes += 1
        below: str | None = None
        for each in _upward(path):
            names = self._folders.setdefault(each, {})
            self._listings.pop(each, None)
            if below is not None:
                names.setdefault(below, None)
            below = each.rpartition("/")[2]

    def drop_folder(self, path: str) -> Fact[None]:
        """Remove a folder, if it is empty."""
        if not self.is_folder(path):
            return Absent("does not exist")
        if self._folders[path]:
            return Unknown("is not empty")
        del self._folders[path]
        self._shapes += 1
        self._listings.pop(path, None)
        self._put(path, None, gone=True)
        return Known(None)

    def has_folder(self, path: str) -> bool:
        """Is there a folder of that path, if only the empty one that something is to be mounted on?"""
        return path in self._folders

    def is_folder(self, path: str) -> bool:
        """Is there a folder of that path, on a device that is mounted?"""
        return path in self._folders and self.device(path).mounted

    def listing(self, path: str) -> tuple[tuple[str, File | None], ...]:
        """Names in a folder, sorted, each with its file; None: a folder. The very same while nothing changes."""
        if path not in self._listings:
            found = self._folders.get(path, {})
            self._listings[path] = tuple(sorted(found.items(), key=lambda item: item[0]))
        return self._listings[path]

    # files

    def file(self, path: str) -> File | None:
        """The regular file of that path; None: there is none, or its device is not mounted."""
        file = self._files.get(path)
        return file if file is not None and file.device.mounted else None

    def create(self, path: str, data: bytes = b"", size: int | None = None) -> File:
        """Make a new file; size: where it is larger than its data. OSError where that cannot be."""
        self._writable(path)
        if not self.is_folder(_above(path)):
            raise OSError(errno.ENOENT, "No such file or directory")
        self._free_name(path)
        device = self.device(path)
        device.take(size if size is not None else len(data))
        self._inodes += 1
        file = File(path=path, inode=self._inodes, device=device, modified=self._clock.at)
        file.data[:] = data
        file.size = size if size is not None else len(data)
        self._put(path, file)
        return file

    def append(self, file: File, data: bytes, since: float = 0.0) -> None:
        """Write at a file's end, as far as there is room: what does not fit is lost. since: seconds ago."""
        if len(data) > (free := file.device.free):
            data = data[:free]
        file.device.take(len(data))
        file.data += data
        file.size += len(data)
        file.modified = self._clock.at - since

    def resize(self, file: File, size: int) -> None:
        """Let a file be so large; OSError where there is no room."""
        file.device.take(max(size, file.reserved) - max(file.size, file.reserved))
        file.size = size
        file.modified = self._clock.at
        del file.data[size:]

    def reserve(self, file: File, size: int) -> None:
        """Take the room for so many bytes ahead."""
        file.device.take(max(0, size - max(file.size, file.reserved)))
        file.reserved = max(file.reserved, size)

    def rename(self, old: str, new: str) -> None:
        """Give a file another name on its device. OSError where there is none or that name is taken."""
        self._writable(new)
        self._free_name(new)
        if self.device(old) is not self.device(new):
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        file = self._existing(old)
        self._put(old, None, gone=True)
        self._put(new, file)
        file.path = new

    def remove(self, path: str) -> None:
        """Remove a file; OSError where there is none or it cannot be removed."""
        self._writable(path)
        file = self._existing(path)
        self._put(path, None, gone=True)
        file.path = None
        file.device.take(-max(file.size, file.reserved))

    def _put(self, path: str, file: File | None, *, gone: bool = False) -> None:
        """Let a name stand for a file, or for nothing any more."""
        above, _, name = path.rpartition("/")
        above = above or "/"
        names = self._folders.get(above, {})
        self._listings.pop(above, None)
        if gone:
            names.pop(name, None)
            self._files.pop(path, None)
        else:
            names[name] = file
            self._files[path] = file
        self.changed(above, name, file)

    def _existing(self, path: str) -> File:
        file = self._files.get(path)
        if file is None:
            raise OSError(errno.ENOENT, "No such file or directory")
        return file

    def _free_name(self, path: str) -> None:
        if path in self._files or path in self._folders:
            raise OSError(errno.EEXIST, "File exists")

    def _writable(self, path: str) -> None:
        device = self.device(path)
        if not device.mounted:
            raise OSError(errno.ENOENT, "No such file or directory")
        if device.hung:
            raise OSError(errno.EIO, "Input/output error")
        if not device.writable:
            raise OSError(errno.EROFS, "Read-only file system")


def _above(path: str) -> str:
    return path.rpartition("/")[0] or "/"


def _upward(path: str) -> Iterator[str]:
    """The path and all above it, up to the root."""
    while path not in ("", "/"):
        yield path
        path = path.rpartition("/")[0]
    yield "/"
