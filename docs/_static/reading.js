// What a reader takes along or asks in passing: code with its set-up, an equation's TeX, a look at what a link means.
"use strict";

// --- code with its set-up --------------------------------------------------------------------------

// A cell's code alone, and what it needs before it: the page's set-up, and the cells of its section above.
function withSetup(cell) {
  const part = (one) => one.closest("article > section > section");
  const cells = [...document.querySelectorAll("article div.cell")].filter((one) => one.querySelector(".cell_input pre"));
  const before = cells.slice(0, cells.indexOf(cell));
  const isSetup = (one) => one.classList.contains("tag_setup");
  return [
    ...cells.filter((one) => isSetup(one) && one !== cell),
    ...before.filter((one) => !isSetup(one) && part(one) === part(cell)),
    cell,
  ];
}
const codeOf = (cells) => cells.map((cell) => cell.querySelector(".cell_input pre").textContent.replace(/^\n+|\s+$/g, "")).join("\n\n") + "\n";

// A button that appears beside what it copies, and says what it does and when it is done.
function copier(shown, name, text) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "take";
  made.innerHTML = shown;
  made.setAttribute("aria-label", name);
  made.dataset.said = name;
  made.addEventListener("click", async () => {
    await navigator.clipboard.writeText(text());
    made.dataset.said = "Copied";
    setTimeout(() => (made.dataset.said = name), 2000);
  });
  return made;
}
const WITH = '<svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.6" aria-hidden="true"><path d="M9 7h11v13H9zM6 16H4V3h11v2M14.5 10v7M11 13.5h7"/></svg>';

for (const cell of document.querySelectorAll("article div.cell")) {
  const code = cell.querySelector(".cell_input .highlight");
  if (!code || cell.classList.contains("tag_setup") || withSetup(cell).length < 2) continue;
  code.append(copier(WITH, "Copy with set-up", () => codeOf(withSetup(cell))));
}

// --- equations as TeX ------------------------------------------------------------------------------

for (const box of document.querySelectorAll("div.math")) {
  const tex = box.querySelector("math[data-tex]")?.dataset.tex;
  if (tex) box.parentElement.append(copier("TeX", "Copy as TeX", () => tex));
}
// What is selected and copied has TeX in its formulas' places.
document.addEventListener("copy", (event) => {
  const selection = getSelection();
  if (selection.isCollapsed || !selection.rangeCount) return;
  const holder = document.createElement("div");
  holder.append(selection.getRangeAt(0).cloneContents());
  const formulas = holder.querySelectorAll("math[data-tex]");
  if (!formulas.length) return;
  for (const formula of formulas) {
    const sign = formula.getAttribute("display") === "block" ? "$$" : "$";
    formula.replaceWith(sign + formula.dataset.tex + sign);
  }
  for (const idle of holder.querySelectorAll("button, .headerlink")) idle.remove();
  holder.style.cssText = "position: fixed; white-space: pre-line";
  document.body.append(holder); // innerText knows lines only of what is laid out
  event.clipboardData.setData("text/plain", holder.innerText);
  holder.remove();
  event.preventDefault();
});

// --- a look at an equation or a term ---------------------------------------------------------------

const look = document.createElement("div");
look.className = "look";
look.id = "look";
look.setAttribute("role", "tooltip");
look.hidden = true;
document.body.append(look);
let previews;
const loadPreviews = () =>
  (previews ??= new Promise((done, failed) => {
    const script = document.createElement("script");
    script.src = `${document.documentElement.dataset.content_root}_static/previews.js`;
    script.onload = () => done(window.sitePreviews);
    script.onerror = failed;
    document.head.append(script);
  }));
let waiting;
look.addEventListener("pointerleave", () => setTimeout(lookAway));

async function lookAt(link) {
  const html = (await loadPreviews())[link.hash.slice(1)];
  if (!html || !link.matches(":hover, :focus")) return;
  look.innerHTML = html;
  look.hidden = false;
  link.setAttribute("aria-describedby", "look");
  const { left, top, bottom } = link.getBoundingClientRect();
  const room = document.documentElement.clientWidth - look.offsetWidth - 8;
  look.style.left = `${Math.max(8, Math.min(left, room))}px`;
  look.style.top = `${bottom + look.offsetHeight + 8 < innerHeight ? bottom + 6 : top - look.offsetHeight - 6}px`;
}
function lookAway() {
  clearTimeout(waiting);
  if (look.matches(":hover")) return; // somebody reads on in it
  document.querySelector("[aria-describedby=look]")?.removeAttribute("aria-describedby");
  look.hidden = true;
}
for (const link of document.querySelectorAll("article a[href*='#equation-'], article a[href*='#term-']")) {
  if (link.classList.contains("headerlink")) continue;
  const soon = () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => lookAt(link).catch(() => {}), 150);
  };
  link.addEventListener("pointerenter", (event) => event.pointerType === "mouse" && soon());
  link.addEventListener("focus", soon);
  link.addEventListener("pointerleave", () => setTimeout(lookAway, 150));
  link.addEventListener("blur", lookAway);
}
addEventListener("keydown", (event) => event.key === "Escape" && lookAway());
addEventListener("scroll", lookAway, { passive: true });
