"""Images, read and written by Pillow.

decode.py    a file -> maps: pages and frames, orientation, palettes, metadata
encode.py    maps -> a file: options, metadata
to_array.py  a loaded Pillow image -> an array;  to_image.py  a map -> a Pillow image
checks.py    what Pillow would damage, and what it raises
exif.py, gif_palette.py, png_inflate.py, png_deflate.py: what a format needs besides Pillow
"""
