"""Small tables of numbers for pages: rows of texts that show themselves as HTML, in a terminal as text."""

import dataclasses
import html


@dataclasses.dataclass(frozen=True)
class DataTable:
    """A table with a header; the first column names the rows.

    Raises:
        ValueError: a row whose length is not the header's.
    """

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def __post_init__(self) -> None:
        """Check that the table is a rectangle."""
        for row in self.rows:
            if len(row) != len(self.header):
                raise ValueError(f"a row has {len(row)} cells, the header {len(self.header)}: {row}")

    def __repr__(self) -> str:
        """Align columns for a terminal."""
        lines = (self.header, *self.rows)
        widths = [max(len(line[i]) for line in lines) for i in range(len(self.header))]
        cells = (("  ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True))) for line in lines)
        return "\n".join(line.rstrip() for line in cells)

    def _repr_html_(self) -> str:
        """Return the table as HTML in the book's own table style."""
        head = "".join(f'<th scope="col">{html.escape(cell)}</th>' for cell in self.header)
        body = "".join(
            f'<tr><th scope="row">{html.escape(row[0])}</th>'
            + "".join(f"<td>{html.escape(cell)}</td>" for cell in row[1:])
            + "</tr>"
            for row in self.rows
        )
        return (
            '<div class="table-wrapper" style="overflow-x:auto"><table class="table">'
            f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
        )
