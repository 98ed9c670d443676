// What is seen on a page that is drawn: mathematics, images, links, headings.
() => {
  const shown = element => element.checkVisibility();
  const outside = "code, pre, script, style, noscript, mjx-container, .widesym-interactive, textarea, dt.sig";
  const raw = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent;
    if (/\\\(|\\\[|\$[^$\n]+\$|\\(mathcal|mathbb|frac|theta|begin)\b/.test(text)
        && !walker.currentNode.parentElement.closest(outside)) raw.push(text.trim().slice(0, 80));
  }
  const undrawn = [...document.querySelectorAll(".math:not(:has(mjx-container))")]
    .filter(element => !element.closest(outside)).map(element => element.textContent.slice(0, 80));
  const refused = [...document.querySelectorAll("mjx-merror")]
    .map(element => element.dataset.mjxError ?? element.textContent);
  const images = [...document.images].filter(image => image.naturalWidth === 0).map(image => image.src);
  const films = [...document.querySelectorAll("video")]
    .filter(film => film.error || film.networkState === 3)
    .map(film => film.currentSrc || "a film without a source");
  const still = [...document.querySelectorAll(".widesym-interactive")]
    .filter(place => !place.querySelector(".main-svg")).map(place => `not drawn: ${place.ariaLabel}`);
  return {
    raw, undrawn, refused, images: [...images, ...films, ...still],
    links: [...document.querySelectorAll("a[href], area[href]")].map(link => link.href),
    title: document.title,
    first: [...document.querySelectorAll("h1")].filter(shown).map(heading => heading.textContent),
  };
}
