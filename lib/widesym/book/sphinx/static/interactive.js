// Draws the figures of widesym.figures.interactive. Loaded after plotly.min.js, on pages that have one.
for (const place of document.querySelectorAll(".widesym-interactive")) {
  const figure = JSON.parse(place.querySelector("script").textContent);
  const plot = place.querySelector(".widesym-interactive-plot");
  // an object, because frames are part of what is drawn
  Plotly.newPlot(plot, figure).then(() => {
    place.classList.add("widesym-interactive-drawn");
    // the column changes without the window too, when a reader hides the contents
    new ResizeObserver(() => Plotly.Plots.resize(plot)).observe(place);
  });
}
