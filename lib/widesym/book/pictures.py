r"""Pictures: the images of an executed notebook, in as few bytes as they look.

A figure of lines and dots has few colours, but thousands of shades where edges are smoothed.  With a palette
of 256 it needs a third of the bytes, and no eye tells the two apart.  A photograph has no such palette: it
keeps its colours, and becomes a JPEG where that takes less than half.  Which of the two an image is, is
measured:

    keep the palette where  sqrt(mean (palette - image)^2) <= TOLERANCE

The notebook that is published has the smaller images.
"""

from __future__ import annotations

import base64
import io

# of 255, over all pixels and colours: figures are at 1 or below, photographs at 8 and above
TOLERANCE = 2.0
_COLOURS = 256
_PNG, _JPEG = "image/png", "image/jpeg"
_QUALITY = 90  # of a JPEG, with all colours at full resolution: letters and thin lines need it


def slim(notebook) -> None:
    """Replace every PNG of a notebook's outputs by a smaller image of the same size and look, in place."""
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            data = output.get("data", {})
            if _PNG in data:
                png = smaller(base64.b64decode(data.pop(_PNG)))
                jpeg = photograph(png)
                data[_PNG if jpeg is None else _JPEG] = base64.b64encode(jpeg or png).decode("ascii")


def photograph(png: bytes) -> bytes | None:
    """Return ``png`` as a JPEG; None where it has a palette, is transparent, or would keep half its bytes."""
    from PIL import Image

    image = Image.open(io.BytesIO(png))
    if image.mode != "RGB":
        return None
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=_QUALITY, subsampling=0, optimize=True)
    return buffer.getvalue() if len(buffer.getvalue()) < len(png) / 2 else None


def smaller(png: bytes) -> bytes:
    """Return ``png`` with a palette where that changes no look, without loss otherwise; never more bytes.

    Transparent images are returned as they are.
    """
    # imported here: what reads finished notebooks needs neither
    import numpy as np
    from PIL import Image

    image = Image.open(io.BytesIO(png))
    if image.mode == "P" or (image.mode == "RGBA" and image.getextrema()[3] != (255, 255)):
        return png
    plain = image.convert("RGB")
    palette = plain.quantize(_COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    change = np.subtract(palette.convert("RGB"), plain, dtype=np.int16).astype(np.float32)
    chosen = palette if float(np.sqrt(np.mean(change**2))) <= TOLERANCE else plain
    buffer = io.BytesIO()
    chosen.save(buffer, "PNG", optimize=True)
    return min(png, buffer.getvalue(), key=len)
