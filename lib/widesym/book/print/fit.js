// Makes the loaded document fit the column it is printed in: figures that turn become pictures, and what is wider
// than the column is drawn smaller.  Returns what had to be shrunk below the legible.
async (legible) => {
  for (const place of document.querySelectorAll(".widesym-interactive")) {
    const plot = place.querySelector(".widesym-interactive-plot");
    // controls do nothing on paper
    await Plotly.relayout(plot, { updatemenus: [], sliders: [] });
    const { width, height } = plot.getBoundingClientRect();
    const picture = new Image();
    picture.src = await Plotly.toImage(plot, { format: "png", width, height, scale: 2.5 });
    picture.alt = place.getAttribute("aria-label");
    Plotly.purge(plot);
    place.replaceWith(picture);
    await picture.decode();
  }
  const small = [];
  const wide = "table, pre, mjx-container[display='true'], mjx-container";
  for (const element of document.querySelectorAll(`main :is(${wide})`)) {
    const column = element.closest("td, th, li, dd, figure, .print-page") ?? document.body;
    const box = element.matches("table") ? element.closest(".print-page") : column;
    const style = getComputedStyle(box);
    const room = box.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
    const inner = element.matches("mjx-container") ? element.firstElementChild?.getBoundingClientRect().width : element.scrollWidth;
    if (!inner || room <= 0 || inner <= room + 1) continue;
    const share = room / inner;
    element.style.zoom = share;
    if (share < legible) small.push(`${element.closest(".print-page").id}: ${element.localName} at ${Math.round(100 * share)} %`);
  }
  return small;
}
