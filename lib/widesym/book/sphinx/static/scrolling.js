// What scrolls sideways can be reached, and so scrolled, by keyboard, at any width of the window.
const widesymScrolling = () => {
  for (const region of widesymRegions()) {
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
const widesymRegions = () =>
  document.querySelectorAll("#main-content :is(div, figure, pre, table, mjx-container)");
addEventListener("load", async () => {
  await window.MathJax?.startup?.promise;
  widesymScrolling();
  // the column changes without the window too, when a reader hides the contents
  const observer = new ResizeObserver(widesymScrolling);
  observer.observe(document.querySelector("#main-content"));
  // and a table without the column, when a late font makes its words wider
  for (const region of widesymRegions()) {
    if (["auto", "scroll"].includes(getComputedStyle(region).overflowX)) {
      for (const part of region.children) observer.observe(part);
    }
  }
  document.fonts.addEventListener("loadingdone", widesymScrolling);
});
