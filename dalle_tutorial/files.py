"""Writes files so that nothing is lost: each is either as it was or whole, also on a full disk."""

import contextlib
import errno
import os
import shutil
from pathlib import Path


def check_target(path):
    """Raises OSError, with a reason a reader understands, if no file can be put at `path`."""
    path = Path(path)
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, "is a folder; needed is the name of a file", str(path))
    _check_parent(path)


def check_folder(path):
    """Raises OSError if `path` is no folder and none can be made there; its parent must exist."""
    path = Path(path)
    if path.is_dir():
        return _check_writable(path)
    if path.exists():
        raise NotADirectoryError(errno.ENOTDIR, "is a file; needed is a folder, which may be new", str(path))
    _check_parent(path)


def _check_parent(path):
    parent = path.absolute().parent
    if not parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, f"there is no folder {str(parent)!r} to write into", str(path))
    if not path.exists():
        _check_writable(parent)


def _check_writable(folder):
    if not os.access(folder, os.W_OK | os.X_OK):
        raise PermissionError(errno.EACCES, "may not be written into", str(folder))


@contextlib.contextmanager
def folder(path):
    """Makes the folder `path` where there is none, and takes it away again if the block fails and left it empty."""
    check_folder(path)
    new = not os.path.isdir(path)
    if new:
        os.mkdir(path)
    try:
        yield
    except BaseException:
        if new:
            with contextlib.suppress(OSError):
                os.rmdir(path)
        raise


def write_safely(path, write):
    """Writes one file: `write` is called with an open binary file. Otherwise as `write_files`."""
    _write({path: write})


def write_files(contents):
    """Writes files: a dict path → bytes. All are written beside their targets first, then put in place.

    If one cannot be written (no space, no permission), every file stays what it was and OSError names it. What is
    no regular file (/dev/stdout, a pipe) is written directly.
    """
    _write({path: (lambda file, data=data: file.write(data)) for path, data in contents.items()})


def _write(writers):
    staged = []
    try:
        for path, write in writers.items():
            with _naming(path):
                _stage(Path(path), write, staged)
        for part, target in staged:
            with _naming(target):
                os.replace(part, target)
    finally:
        for part, _ in staged:
            part.unlink(missing_ok=True)


def _stage(path, write, staged):
    if path.exists() and not path.is_file():
        with open(path, "wb") as file:
            write(file)
        return
    target = Path(os.path.realpath(path))  # a link stays a link
    part = target.with_name(f".{target.name}.part")  # always the same name: a killed run leaves one behind, not many
    with open(part, "wb") as file:
        staged.append((part, target))
        write(file)
        file.flush()
        os.fsync(file.fileno())
    if target.exists():
        shutil.copymode(target, part)


@contextlib.contextmanager
def _naming(path):
    """An OSError inside names `path`, not a file that the reader has never heard of."""
    try:
        yield
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise OSError(error.errno, f"cannot be written: {reason}; what was there is unchanged", str(path)) from error
