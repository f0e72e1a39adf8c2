"""What a folder holds."""


def tree(folder):
    """Everything in a folder: names, and what the files hold."""
    return {path: path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}
