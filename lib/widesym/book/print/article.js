// Takes the article out of a page of the built book, for one document of all pages.
// Ids become "page--id"; links to pages of the book become "#page" or "#page--id"; addresses of images become
// absolute; headings go down by `shift` levels; folded code, folded lists and what only a screen can use are left out.
([pages, folder, shift]) => {
  const anchor = (page, id) => (id ? `${page}--${id}` : page);
  const nameOf = (url) => url.split("#")[0].slice(folder.length).replace(/\.html$/, "");
  const flat = (name) => name.replaceAll("/", "-");
  const here = flat(nameOf(location.href));
  const article = document.querySelector("article.bd-article").cloneNode(true);

  const unprintable = "a.headerlink, button, noscript, details.hide, .toctree-wrapper, script:not([type='application/json'])";
  for (const element of article.querySelectorAll(unprintable)) element.remove();
  for (const fold of article.querySelectorAll("details")) {
    const note = document.createElement("small");
    note.className = "print-fold";
    note.append(...fold.querySelector("summary").childNodes);
    fold.replaceWith(note);
  }
  // a cell of which nothing is left
  for (const cell of article.querySelectorAll(".cell")) {
    if (!cell.textContent.trim() && !cell.querySelector("img, svg, table, video")) cell.remove();
  }

  // the sources are not in print: of a module's line its name stays
  for (const element of article.querySelectorAll("a:has(> .viewcode-link)")) element.remove();
  for (const line of article.querySelectorAll(".widesym-module p")) line.replaceChildren(line.firstElementChild);

  for (const image of article.querySelectorAll("img")) image.src = new URL(image.getAttribute("src"), location).href;
  for (const link of article.querySelectorAll("a[href]")) {
    const url = new URL(link.getAttribute("href"), location).href;
    if (!url.startsWith(folder)) continue;
    const name = nameOf(url);
    const id = decodeURIComponent(new URL(url).hash.slice(1));
    if (pages.includes(name)) link.setAttribute("href", "#" + anchor(flat(name), id));
    else link.replaceWith(...link.childNodes); // a download, the index: not in print
  }
  for (const element of article.querySelectorAll("[id]")) element.id = anchor(here, element.id);
  for (const name of ["for", "aria-labelledby", "aria-describedby"]) {
    for (const element of article.querySelectorAll(`[${name}]`)) {
      const ids = element.getAttribute(name).split(/\s+/);
      element.setAttribute(name, ids.map((id) => anchor(here, id)).join(" "));
    }
  }
  const title = article.querySelector("h1").textContent.trim();
  for (let level = 5; level > 0; level--) {
    for (const heading of article.querySelectorAll(`h${level}`)) {
      const lower = document.createElement(`h${Math.min(level + shift, 6)}`);
      if (heading.id) lower.id = heading.id;
      lower.className = `print-h${level}`;
      lower.append(...heading.childNodes);
      heading.replaceWith(lower);
    }
  }
  const styles = [...document.querySelectorAll("link[rel=stylesheet]")].map((link) => link.href);
  const mathematics = document.querySelector('script[src*="tex-chtml"]')?.src ?? null;
  const options = [...document.scripts].map((script) => script.textContent).find((text) => text.startsWith("window.MathJax"));
  const html = `<section class="print-page" id="${here}">${article.innerHTML}</section>`;
  return { anchor: here, title, html, styles, mathematics, options: options ?? "" };
}
