// What scrolls sideways can be reached, and so scrolled, by keyboard, at any width of the window.
const widesymScrolling = () => {
  for (const region of document.querySelectorAll("#main-content :is(div, figure, pre, table, mjx-container)")) {
    const scrolls = ["auto", "scroll"].includes(getComputedStyle(region).overflowX);
    const stop = scrolls && region.scrollWidth > region.clientWidth;
    if (stop && region.tabIndex < 0) {
      region.tabIndex = 0;
      region.dataset.scrolls = "";
    } else if (!stop && "scrolls" in region.dataset) {
      region.removeAttribute("tabindex");
      delete region.dataset.scrolls;
    }
  }
};
addEventListener("load", async () => {
  await window.MathJax?.startup?.promise;
  // the column changes without the window too, when a reader hides the contents
  new ResizeObserver(widesymScrolling).observe(document.querySelector("#main-content"));
});
