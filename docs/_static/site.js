// Drawers, the place in the site's contents, boxes that scroll sideways, checks that were opened for printing.
"use strict";

// The two drawers: opened by a button, closed by Escape or by a choice; the focus goes along.
for (const [id, place] of [["__navigation", ".sidebar-drawer"], ["__toc", ".toc-drawer"]]) {
  const drawer = document.getElementById(id);
  const panel = document.querySelector(place);
  const buttons = [...document.querySelectorAll(`[data-opens="${id}"]`)];
  const show = (open) => {
    drawer.checked = open;
    drawer.dispatchEvent(new Event("change"));
    const links = [...panel.querySelectorAll("a")].filter((link) => link.checkVisibility());
    if (open) (links.find((link) => link.matches("[aria-current], .scroll-current *")) ?? links[0])?.focus();
  };
  drawer.addEventListener("change", () => {
    for (const button of buttons) button.setAttribute("aria-expanded", String(drawer.checked));
  });
  for (const button of buttons) button.addEventListener("click", () => show(!drawer.checked));
  addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !drawer.checked) return;
    show(false);
    buttons.find((button) => button.checkVisibility())?.focus();
  });
  panel.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#']");
    if (!link || !drawer.checked) return;
    show(false);
    const target = document.getElementById(decodeURIComponent(link.hash.slice(1))) ?? document.querySelector("main");
    target.tabIndex = -1;
    target.focus({ preventScroll: true });
  });
}

// The page's own entry is in sight in the site's contents.
const here = document.querySelector(".sidebar-tree [aria-current]");
const contents = here?.closest(".sidebar-scroll");
if (contents) {
  const away = here.getBoundingClientRect().top - contents.getBoundingClientRect().top - contents.clientHeight / 2;
  contents.scrollBy({ top: away, behavior: "instant" });
}

function focusScrollingBoxes() {
  for (const box of document.querySelectorAll("article pre, article .math, article .table-wrapper, .scrolls")) {
    if (box.scrollWidth > box.clientWidth + 1) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }
}
addEventListener("load", focusScrollingBoxes);
addEventListener("resize", focusScrollingBoxes);
document.addEventListener("toggle", focusScrollingBoxes, true);
