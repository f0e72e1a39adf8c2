"""Files outside docs/ that the site shows; links to them work in a checkout and on the site."""

from pathlib import Path

from mkdocs.structure.files import File

ROOT = Path(__file__).parents[1]
OUTSIDE = {
    "samples/gallery": "gallery",
    "CONTRIBUTING.md": "CONTRIBUTING.md",
    "CHANGES.md": "CHANGES.md",
}


def on_files(files, config):
    """Add the gallery and the pages of the root."""
    for source, name in OUTSIDE.items():
        path = ROOT / source
        for one in sorted(path.iterdir()) if path.is_dir() else [path]:
            uri = f"{name}/{one.name}" if path.is_dir() else name
            files.append(File.generated(config, uri, abs_src_path=str(one)))
    return files


def on_page_markdown(markdown, page, **_):
    """Turn links between docs/ and the root into links within the site."""
    if page.file.src_uri in OUTSIDE.values():
        return markdown.replace("](docs/", "](")
    for source, name in OUTSIDE.items():
        markdown = markdown.replace(f"../{source}", name)
    return markdown
