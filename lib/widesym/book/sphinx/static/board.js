// Sorts and filters the scoreboard of widesym.book.board. All state is in the address: a view can be linked, and
// nothing is remembered. Without this script the table is whole.
(() => {
  const table = document.querySelector("table.widesym-scoreboard");
  if (!table) return;
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const heads = [...table.tHead.rows[0].cells];
  const names = heads.map((head) => head.textContent.toLowerCase());
  const texts = new Map(rows.map((row) => [row, row.textContent.toLowerCase()]));

  const element = (tag, attributes = {}, ...children) => {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...children);
    return made;
  };

  const labelled = (called, field) => {
    field.id = `widesym-filter-${field.name}`;
    return element("div", {}, element("label", { for: field.id }, called), field);
  };

  // what the form has: a choice for each of these data of the rows, and a field for free text
  const choice = (name, called, label) => {
    const select = element("select", { name, class: "form-select" }, element("option", { value: "" }, "all"));
    for (const value of new Set(rows.map((row) => row.dataset[name])))
      select.append(element("option", { value }, label(value)));
    return labelled(called, select);
  };
  const part = (paper) => rows.find((row) => row.dataset.paper === paper).dataset.part;
  // where columns have no heads, on a phone, a choice sorts
  const sorting = element("select", { name: "sort", class: "form-select" }, element("option", { value: "" }, "the papers' order"));
  for (const name of names) {
    sorting.append(element("option", { value: name }, name));
    sorting.append(element("option", { value: `-${name}` }, `${name}, last first`));
  }
  const text = element("input", { name: "q", type: "search", class: "form-control", autocomplete: "off" });
  const told = element("output", { "aria-live": "polite" });
  const form = element(
    "form",
    { class: "widesym-filter", role: "search", "aria-label": "Filter the scoreboard" },
    choice("paper", "Paper", part),
    choice("kind", "Kind", (kind) => kind),
    choice("verdict", "Verdict", (verdict) => verdict),
    labelled("Sort by", sorting),
    labelled("Text", text),
    element("button", { type: "reset", class: "btn btn-sm btn-outline-secondary" }, "Show all"),
    told,
  );
  const fields = [...form.querySelectorAll("select, input")];
  table.before(form);

  heads.forEach((head, column) => {
    const button = element("button", { type: "button", title: `Sort by ${names[column]}` }, ...head.childNodes);
    button.addEventListener("click", () => {
      sorting.value = sorting.value === names[column] ? `-${names[column]}` : names[column];
      show(collect());
    });
    head.append(button);
  });

  // the anchor of a row is a name that no field has
  const state = () => new URLSearchParams(location.hash.slice(1));

  const collect = () => {
    const wanted = new URLSearchParams();
    for (const field of fields) if (field.value.trim()) wanted.set(field.name, field.value.trim());
    return wanted;
  };

  const key = (row, column) => {
    const cell = row.cells[column];
    return "order" in cell.dataset ? Number(cell.dataset.order) : cell.textContent.trim();
  };
  const compare = (a, b) => (typeof a === "number" ? a - b : a.localeCompare(b));

  const show = (wanted) => {
    const address = String(wanted) ? `#${wanted}` : location.pathname + location.search;
    if (location.hash !== (String(wanted) ? `#${wanted}` : "")) history.replaceState(null, "", address);
    draw(wanted);
  };

  const draw = (wanted) => {
    const words = (wanted.get("q") ?? "").toLowerCase().split(/\s+/).filter(Boolean);
    const chosen = ["paper", "kind", "verdict"].filter((name) => wanted.get(name));
    let count = 0;
    for (const row of rows) {
      const fits =
        chosen.every((name) => row.dataset[name] === wanted.get(name)) &&
        words.every((word) => texts.get(row).includes(word));
      row.hidden = !fits;
      count += fits;
    }
    told.value = count === rows.length ? `${count} claims` : `${count} of ${rows.length} claims`;

    const sort = wanted.get("sort") ?? "";
    const column = names.indexOf(sort.replace(/^-/, ""));
    const sign = sort.startsWith("-") ? -1 : 1;
    heads.forEach((head, i) =>
      head.setAttribute("aria-sort", i !== column ? "none" : sign > 0 ? "ascending" : "descending"),
    );
    // sorting is stable: equal rows keep the order of the register
    const ordered = column < 0 ? rows : [...rows].sort((a, b) => sign * compare(key(a, column), key(b, column)));
    if (ordered.some((row, i) => body.rows[i] !== row)) body.append(...ordered);
  };

  const read = () => {
    const wanted = state();
    for (const field of fields) field.value = wanted.get(field.name) ?? "";
    // a value that no row has, typed into the address: the choice shows "all", and so do the rows
    for (const field of fields) if (!field.value) wanted.delete(field.name);
    draw(wanted);
  };

  form.addEventListener("input", () => show(collect()));
  form.addEventListener("reset", (event) => {
    event.preventDefault();
    for (const field of fields) field.value = "";
    show(new URLSearchParams());
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  window.addEventListener("hashchange", read);
  read();
})();
