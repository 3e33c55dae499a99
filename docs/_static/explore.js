// The figure to move: twenty points, a line, σ and an outlier; four losses as numbers and curves.
"use strict";

// --- arithmetic: the package's functions again, tested against them ------------------------------

const HUBER_DELTA = 1; // in the unit of y, as nn.HuberLoss has it

const sum = (values) => values.reduce((total, value) => total + value, 0);
const mean = (values) => sum(values) / values.length;
const residualsOf = ({ x, y }, slope, intercept) => y.map((target, i) => target - slope * x[i] - intercept);
const huber = (r) => (Math.abs(r) <= HUBER_DELTA ? r * r / 2 : HUBER_DELTA * (Math.abs(r) - HUBER_DELTA / 2));

// Gaussian, summed, in nats; MSE, MAE and Huber are means.
const LOSSES = {
  nll: (r, sigma) => sum(r.map((e) => Math.log(sigma) + Math.log(2 * Math.PI) / 2 + e * e / (2 * sigma * sigma))),
  mse: (r) => mean(r.map((e) => e * e)),
  mae: (r) => mean(r.map(Math.abs)),
  huber: (r) => mean(r.map(huber)),
};

// The slope at which a loss is smallest, the intercept held where it is.
const BEST_SLOPE = {
  mse: ({ x, y }, intercept) => sum(x.map((v, i) => v * (y[i] - intercept))) / sum(x.map((v) => v * v)),
  mae: ({ x, y }, intercept) => {
    const through = x.map((v, i) => ({ slope: (y[i] - intercept) / v, weight: Math.abs(v) }));
    through.sort((a, b) => a.slope - b.slope);
    const half = sum(through.map((t) => t.weight)) / 2;
    let passed = 0;
    return through.find((t) => (passed += t.weight) >= half).slope; // the weighted median
  },
  huber: (data, intercept) => {
    const rises = (slope) => // the sign of the derivative
      sum(residualsOf(data, slope, intercept).map((r, i) => -data.x[i] * Math.max(-HUBER_DELTA, Math.min(HUBER_DELTA, r)))) > 0;
    let [low, high] = [-100, 100];
    for (let i = 0; i < 100; i++) {
      const middle = (low + high) / 2;
      if (rises(middle)) high = middle;
      else low = middle;
    }
    return (low + high) / 2;
  },
};
BEST_SLOPE.nll = BEST_SLOPE.mse;

// Least squares with a weight for each point: [slope, intercept].
function weightedLine({ x, y }, weights) {
  const total = sum(weights);
  const meanX = sum(x.map((v, i) => weights[i] * v)) / total;
  const meanY = sum(y.map((v, i) => weights[i] * v)) / total;
  const slope = sum(x.map((v, i) => weights[i] * (v - meanX) * (y[i] - meanY))) / sum(x.map((v, i) => weights[i] * (v - meanX) ** 2));
  return [slope, meanY - slope * meanX];
}

// The line at which a loss is smallest: [slope, intercept].
const BEST_LINE = {
  mse: (data) => weightedLine(data, data.x.map(() => 1)),
  // Some line of smallest absolute error passes through two of the points: 190 pairs, all tried.
  mae: (data) => {
    let best = [0, 0], least = Infinity;
    for (let i = 0; i < data.x.length; i++) {
      for (let j = 0; j < i; j++) {
        const slope = (data.y[i] - data.y[j]) / (data.x[i] - data.x[j]);
        const line = [slope, data.y[i] - slope * data.x[i]];
        const loss = LOSSES.mae(residualsOf(data, ...line));
        if (loss < least) [best, least] = [line, loss];
      }
    }
    return best;
  },
  // Least squares again and again, a far point weighing δ/|r|.
  huber: (data) => {
    let line = BEST_LINE.mse(data);
    for (let i = 0; i < 500; i++) {
      const weights = residualsOf(data, ...line).map((r) => Math.min(1, HUBER_DELTA / Math.abs(r)));
      const next = weightedLine(data, weights);
      const moved = Math.abs(next[0] - line[0]) + Math.abs(next[1] - line[1]);
      line = next;
      if (moved < 1e-14) break;
    }
    return line;
  },
};

// --- drawing ---------------------------------------------------------------------------------------

const SVG = "http://www.w3.org/2000/svg";
function draw(parent, name, attributes = {}, text = "") {
  const element = document.createElementNS(SVG, name);
  set(element, attributes);
  if (text) element.textContent = text;
  return parent.appendChild(element);
}
function set(element, attributes) {
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
}
const shown = (value, digits = 2) => {
  const text = value.toFixed(digits).replace("-", "−");
  return /^−0\.?0*$/.test(text) ? text.slice(1) : text;
};
const scale = (from, to, start, end) => (value) => start + (value - from) / (to - from) * (end - start);
const path = (points) => "M" + points.map(([h, v]) => `${h.toFixed(1)} ${v.toFixed(1)}`).join("L");

const LEFT = -3.3, RIGHT = 3.75, BOTTOM = -6.6, TOP = 6.6, GRIPS = [-3.12, 3.12];

class Plot {
  constructor(svg, points) {
    this.svg = svg;
    this.grid = draw(svg, "g");
    this.frame = draw(draw(svg, "clipPath", { id: "explore-frame" }), "rect");
    const inside = draw(svg, "g", { "clip-path": "url(#explore-frame)" });
    this.bells = points.map(() => draw(inside, "path", { class: "bell" }));
    this.bars = points.map(() => draw(inside, "path", { class: "bar" }));
    this.fits = Object.fromEntries(["mse", "mae", "huber"].map((kind) => [kind, draw(inside, "path", { class: `fit ${kind}` })]));
    this.line = draw(inside, "path", { class: "yours" });
    this.points = points.map(() => draw(svg, "circle", { class: "point", r: 3.5 }));
    this.grips = GRIPS.map(() => this.handle("grip", 6));
    this.outlier = this.handle("outlier", 6);
    draw(this.outlier, "path", { class: "arrows", d: "M-4 -12L0 -16L4 -12M-4 12L0 16L4 12" });
  }

  handle(kind, r) {
    const group = draw(this.svg, "g", { class: "handle" });
    draw(group, "circle", { class: "reach", r: 22 });
    draw(group, "circle", { class: kind, r });
    return group;
  }

  // The size is the box's own: letters and dots keep theirs on every screen.
  measure() {
    const { clientWidth: width, clientHeight: height } = this.svg;
    this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.h = scale(LEFT, RIGHT, 30, width - 4);
    this.v = scale(BOTTOM, TOP, height - 34, 4);
    set(this.frame, { x: 30, y: 4, width: width - 34, height: height - 38 });
    this.grid.replaceChildren();
    for (const tick of [-6, -4, -2, 0, 2, 4, 6]) {
      draw(this.grid, "path", { class: "grid", d: path([[30, this.v(tick)], [width - 4, this.v(tick)]]) });
      draw(this.grid, "text", { x: 24, y: this.v(tick) + 4, "text-anchor": "end" }, shown(tick, 0));
    }
    for (const tick of [-3, -2, -1, 0, 1, 2, 3]) {
      draw(this.grid, "text", { x: this.h(tick), y: height - 18, "text-anchor": "middle" }, shown(tick, 0));
    }
    draw(this.grid, "path", { class: "axis", d: path([[30, height - 34], [width - 4, height - 34]]) });
    draw(this.grid, "text", { x: (width + 26) / 2, y: height - 4, "text-anchor": "middle" }, "x");
    draw(this.grid, "text", { x: 36, y: 16 }, "y");
  }

  update(data, { slope, intercept, sigma }, outlier) {
    const at = (x) => slope * x + intercept;
    const ends = ([w, b]) => path([LEFT, RIGHT].map((x) => [this.h(x), this.v(w * x + b)]));
    // A bell of σ = 0.75 reaches most of the way to the next point; its area never changes.
    const reach = 0.85 * (this.h(data.x[1]) - this.h(data.x[0])) * 0.75 * Math.sqrt(2 * Math.PI);
    const density = (r) => Math.exp(-r * r / (2 * sigma * sigma)) / (sigma * Math.sqrt(2 * Math.PI));
    data.x.forEach((x, i) => {
      const [h, y] = [this.h(x), data.y[i]];
      const bell = [];
      for (let z = -3.2; z <= 3.21; z += 0.2) bell.push([h + reach * density(z * sigma), this.v(at(x) + z * sigma)]);
      this.bells[i].setAttribute("d", path([[h, this.v(at(x) - 3.2 * sigma)], ...bell, [h, this.v(at(x) + 3.2 * sigma)]]));
      this.bars[i].setAttribute("d", path([[h, this.v(y)], [h + reach * density(y - at(x)), this.v(y)]]));
      set(this.points[i], { cx: h, cy: this.v(y) });
    });
    this.line.setAttribute("d", ends([slope, intercept]));
    for (const [kind, element] of Object.entries(this.fits)) element.setAttribute("d", ends(BEST_LINE[kind](data)));
    this.grips.forEach((grip, i) => grip.setAttribute("transform", `translate(${this.h(GRIPS[i])} ${this.v(at(GRIPS[i]))})`));
    this.outlier.setAttribute("transform", `translate(${this.h(data.x[outlier])} ${this.v(data.y[outlier])})`);
  }
}

// One loss over a range: its curve, where it is smallest, where the figure stands now.
class Curve {
  constructor(svg, { from, to, height, ticks }) {
    Object.assign(this, { svg, from, to, height, ticks });
    this.grid = draw(svg, "g");
    this.best = draw(svg, "path", { class: "best" });
    this.curve = draw(svg, "path", { class: "curve" });
    this.now = draw(svg, "circle", { class: "now", r: 5.5 });
  }

  measure() {
    const { clientWidth: width, clientHeight: height } = this.svg;
    this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.h = scale(this.from, this.to, 6, width - 6);
    this.floor = height - 14;
    this.grid.replaceChildren();
    draw(this.grid, "path", { class: "grid", d: path([[0, this.floor + 2], [width, this.floor + 2]]) });
    for (const tick of this.ticks) {
      draw(this.grid, "text", { x: this.h(tick), y: height - 1, "text-anchor": "middle" }, shown(tick, 0));
    }
  }

  // The window's height in the loss's unit is fixed: a steeper loss looks steeper.
  update(loss, best, now) {
    const least = loss(best);
    const v = (value) => Math.max(-4, this.floor - (value - least) / this.height * (this.floor - 4) - 4);
    const points = [];
    for (let i = 0; i <= 100; i++) {
      const at = this.from + i / 100 * (this.to - this.from);
      points.push([this.h(at), v(loss(at))]);
    }
    this.curve.setAttribute("d", path(points));
    this.best.setAttribute("d", path([[this.h(best), 0], [this.h(best), this.floor + 2]]));
    set(this.now, { cx: this.h(now), cy: Math.max(6, v(loss(now))) });
  }
}

// --- the figure ------------------------------------------------------------------------------------

function start(box) {
  const points = JSON.parse(document.getElementById("explore-data").textContent);
  const sliders = Object.fromEntries([...box.querySelectorAll("[data-moves]")].map((s) => [s.dataset.moves, s]));
  sliders.outlier.value = points.y[points.outlier];
  const origin = Object.fromEntries(Object.entries(sliders).map(([name, slider]) => [name, Number(slider.value)]));
  origin.outlier = points.y[points.outlier];
  let state = { ...origin };
  const limits = (name) => [Number(sliders[name].min), Number(sliders[name].max)];
  const clamp = (name, value) => Math.min(limits(name)[1], Math.max(limits(name)[0], value));
  const dataNow = () => ({ x: points.x, y: points.y.map((y, i) => (i === points.outlier ? state.outlier : y)) });

  const plot = new Plot(box.querySelector(".explore-plot"), points.x);
  const [from, to] = limits("slope");
  const heights = { nll: 100, mse: 5, mae: 1.5, huber: 1.5 };
  const rows = Object.fromEntries([...box.querySelectorAll("[data-loss]")].map((row) => [row.dataset.loss, row]));
  const curves = {};
  for (const [loss, height] of Object.entries(heights)) {
    curves[loss] = new Curve(rows[loss].querySelector("svg"), { from, to, height, ticks: [-1, 0, 1, 2, 3] });
  }
  const [smallest, largest] = limits("sigma");
  curves.sigma = new Curve(rows.sigma.querySelector("svg"), { from: smallest, to: largest, height: 60, ticks: [1, 2, 3] });

  function write(element, value, digits) {
    element.value = String(value); // every digit, for whoever asks
    element.textContent = shown(value, digits);
  }

  function update() {
    const data = dataNow();
    const { slope, intercept, sigma } = state;
    const residuals = residualsOf(data, slope, intercept);
    const numbers = Object.fromEntries(Object.entries(LOSSES).map(([name, loss]) => [name, loss(residuals, sigma)]));
    plot.update(data, state, points.outlier);
    for (const name of Object.keys(heights)) {
      const [now, best] = rows[name].querySelectorAll("data");
      const bestSlope = BEST_SLOPE[name](data, intercept);
      write(now, numbers[name], name === "nll" ? 2 : 4);
      write(best, bestSlope, 3);
      curves[name].update((w) => LOSSES[name](residualsOf(data, w, intercept), sigma), bestSlope, slope);
    }
    const [now, best] = rows.sigma.querySelectorAll("data");
    write(now, numbers.nll, 2);
    write(best, Math.sqrt(numbers.mse), 3);
    curves.sigma.update((s) => LOSSES.nll(residuals, s), Math.sqrt(numbers.mse), sigma);
    for (const [name, slider] of Object.entries(sliders)) {
      slider.value = state[name];
      const text = shown(state[name]);
      slider.setAttribute("aria-valuetext", text);
      slider.nextElementSibling.textContent = text;
    }
    return numbers;
  }

  // Read out once the hand rests, not at every step.
  const status = box.querySelector(".explore-status");
  let waiting = 0;
  function announce({ nll, mse, mae, huber: robust }) {
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      status.textContent = `NLL ${shown(nll)} nats, MSE ${shown(mse, 3)}, MAE ${shown(mae, 3)}, Huber ${shown(robust, 3)}`;
    }, 600);
  }

  let frame = 0;
  function change(changes) {
    for (const [name, value] of Object.entries(changes)) state[name] = clamp(name, value);
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(() => announce(update()));
  }

  // A jump glides, unless the reader asked for less motion.
  let gliding = 0;
  function jump(target) {
    cancelAnimationFrame(gliding);
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return change(target);
    const origin = { ...state }, begun = performance.now();
    const step = (time) => {
      const part = Math.min(1, Math.max(0, (time - begun) / 350)), eased = part * part * (3 - 2 * part);
      const mix = ([name, value]) => [name, part === 1 ? value : origin[name] + eased * (value - origin[name])];
      change(Object.fromEntries(Object.entries(target).map(mix)));
      if (part < 1) gliding = requestAnimationFrame(step);
    };
    gliding = requestAnimationFrame(step);
  }

  for (const [name, slider] of Object.entries(sliders)) {
    slider.addEventListener("input", () => {
      cancelAnimationFrame(gliding);
      change({ [name]: Number(slider.value) });
    });
  }
  for (const button of box.querySelectorAll("[data-jump]")) {
    button.addEventListener("click", () => {
      const kind = button.dataset.jump;
      if (kind === "reset") jump(origin);
      else if (kind === "sigma") jump({ sigma: Math.sqrt(LOSSES.mse(residualsOf(dataNow(), state.slope, state.intercept))) });
      else {
        const [slope, intercept] = BEST_LINE[kind](dataNow());
        jump({ slope, intercept });
      }
    });
  }

  // Handles follow the pointer up and down; sliders do the same by keyboard.
  function drag(handle, moved) {
    handle.addEventListener("touchstart", (event) => event.preventDefault(), { passive: false }); // no scrolling
    handle.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      cancelAnimationFrame(gliding);
      handle.setPointerCapture(event.pointerId);
      handle.classList.add("held");
    });
    handle.addEventListener("pointermove", (event) => {
      if (!handle.hasPointerCapture(event.pointerId)) return;
      const vertical = event.clientY - plot.svg.getBoundingClientRect().top;
      moved(scale(plot.v(BOTTOM), plot.v(TOP), BOTTOM, TOP)(vertical));
    });
    for (const end of ["pointerup", "pointercancel"]) handle.addEventListener(end, () => handle.classList.remove("held"));
  }
  drag(plot.outlier, (y) => change({ outlier: y }));
  plot.grips.forEach((grip, i) =>
    drag(grip, (y) => {
      const other = state.slope * GRIPS[1 - i] + state.intercept;
      const slope = clamp("slope", (y - other) / (GRIPS[i] - GRIPS[1 - i]));
      change({ slope, intercept: other - slope * GRIPS[1 - i] }); // turns about its other end
    }),
  );

  const drawings = [plot, ...Object.values(curves)];
  new ResizeObserver(() => {
    drawings.forEach((drawing) => drawing.measure());
    update();
  }).observe(plot.svg);
}

start(document.querySelector(".explore"));
