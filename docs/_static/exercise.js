// Exercises: compare the number that a reader typed with the one that the page computed.
"use strict";

// "0,25", " 1 200.5 " and "−3e-2" are numbers; "1/4" and "" are not.
function typedNumber(text) {
  const plain = text.replace(/[\s\u202f']/g, "").replace(/[\u2212\u2013]/g, "-").replace(",", ".");
  return /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(plain) ? Number(plain) : NaN;
}

function verdict(typed, answer, tolerance) {
  if (Number.isNaN(typed)) return ["", "Type a number, such as 0.25 or 0,25."];
  // A number exactly at the edge of the tolerance is right, whatever the last bit says.
  if (Math.abs(typed - answer) <= tolerance * (1 + 1e-9)) return ["right", "✓ Right. Compare with the solution below."];
  const side = typed > answer ? "high" : "low";
  return [side, `${side === "high" ? "↓" : "↑"} Too ${side}. Try again, or open the solution below.`];
}

for (const form of document.querySelectorAll(".exercise-form")) {
  const input = form.querySelector("input");
  const said = form.querySelector(".exercise-verdict");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const [kind, text] = verdict(typedNumber(input.value), Number(form.dataset.answer), Number(form.dataset.tolerance));
    form.dataset.verdict = kind;
    input.setAttribute("aria-invalid", String(kind !== "right"));
    said.textContent = ""; // the same verdict twice is said twice
    requestAnimationFrame(() => (said.textContent = text));
  });
}
