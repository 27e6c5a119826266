"""Make the pictures of the README from the real app: `make screenshots`.

The demo project is walked by the real jobs; every page is opened at 80x24 and saved as SVG beside this file.
"""
