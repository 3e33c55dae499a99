// Boxes that scroll sideways take the keyboard's focus, drawers open by key, checks open for printing.
"use strict";

for (const label of document.querySelectorAll(".nav-overlay-icon, .toc-overlay-icon")) {
  const drawer = document.getElementById(label.htmlFor);
  const say = () => label.setAttribute("aria-expanded", String(drawer.checked));
  label.setAttribute("role", "button");
  label.setAttribute("aria-label", drawer.getAttribute("aria-label"));
  label.tabIndex = 0;
  drawer.addEventListener("change", say);
  say();
  label.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    label.click();
  });
  addEventListener("keydown", (event) => {
    if (event.key === "Escape" && drawer.checked) label.click();
  });
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

addEventListener("beforeprint", () => {
  for (const details of document.querySelectorAll("details:not([open])")) {
    details.open = true;
    details.dataset.opened = "";
  }
});
addEventListener("afterprint", () => {
  for (const details of document.querySelectorAll("details[data-opened]")) {
    details.open = false;
    delete details.dataset.opened;
  }
});
