// What makes a page wider than the screen.
() => {
  const room = document.documentElement.clientWidth;
  if (document.scrollingElement.scrollWidth <= room) return [];
  const wide = [...document.body.querySelectorAll("*")].filter(e => e.getBoundingClientRect().right > room + 1);
  const name = e => [e.localName + (e.id && "#" + e.id), ...e.classList].join(".");
  return [`${document.scrollingElement.scrollWidth} px on a screen of ${room}: ${wide.slice(0, 3).map(name)}`];
}
