"""Images, read and written by Pillow.

decode.py    a file -> maps: pages and frames, orientation, palettes, metadata
encode.py    maps -> a file: options, metadata
to_array.py  a loaded Pillow image -> an array;  to_image.py  a map -> a Pillow image
checks.py    what Pillow would damage, and what it raises
animation.py, encode_animation.py, apng.py, gif.py, webp.py: frames
exif.py, gif_palette.py, png_*.py: what a format needs besides Pillow
"""
