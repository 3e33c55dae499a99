// Boxes that scroll sideways take the keyboard's focus, drawers open by key, checks open for printing.
"use strict";

for (const button of document.querySelectorAll("[data-opens]")) {
  const drawer = document.getElementById(button.dataset.opens);
  const show = (open) => {
    drawer.checked = open;
    drawer.dispatchEvent(new Event("change"));
  };
  drawer.addEventListener("change", () => button.setAttribute("aria-expanded", String(drawer.checked)));
  button.addEventListener("click", () => show(!drawer.checked));
  addEventListener("keydown", (event) => {
    if (event.key === "Escape" && drawer.checked) {
      show(false);
      button.focus();
    }
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
