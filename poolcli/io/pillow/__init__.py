"""Images, read and written by Pillow.

decode.py        a file -> maps: pages and frames, upright, with their palettes
page_headers.py  what is known of pages and frames before a pixel is decoded
encode.py        maps -> a file: options, metadata
to_array.py      a loaded Pillow image -> an array;  to_image.py  a map -> a Pillow image
image_checks.py  what Pillow would damage, and what it raises
animation.py, encode_animation.py, apng.py, gif.py, webp.py: frames
image_facts.py, written_facts.py: what is carried beside the pixels, in and out
exif.py, gif_palette.py, jp2_boxes.py, png_*.py: what a format needs besides Pillow
"""
