// The figures to move: twenty points, and either a line to move or a noise to choose.
"use strict";

// --- arithmetic: the package's functions again, tested against them ------------------------------

const sum = (values) => values.reduce((total, value) => total + value, 0);
const mean = (values) => sum(values) / values.length;
const residualsOf = ({ x, y }, [slope, intercept]) => y.map((target, i) => target - slope * x[i] - intercept);

// A noise: its loss of the residual u in units of the scale, less the value at 0, and the weight that a point has
// in the fit. Its pull, the slope of the loss, is weight times u.
const gaussian = { rho: (u) => u * u / 2, weight: () => 1 };
const laplace = { rho: Math.abs, weight: (u) => 1 / Math.abs(u) };
const huber = (k) => ({
  rho: (u) => (Math.abs(u) <= k ? u * u / 2 : k * (Math.abs(u) - k / 2)),
  weight: (u) => Math.min(1, k / Math.abs(u)),
});
const student = (nu) => ({
  rho: (u) => (nu + 1) / 2 * Math.log1p(u * u / nu),
  weight: (u) => (nu + 1) / (nu + u * u),
});
const pull = (noise, u) => u && u * noise.weight(u);

// Least squares with a weight for each point: [slope, intercept].
function weightedLine({ x, y }, weights) {
  const total = sum(weights);
  const meanX = sum(x.map((v, i) => weights[i] * v)) / total;
  const meanY = sum(y.map((v, i) => weights[i] * v)) / total;
  const slope = sum(x.map((v, i) => weights[i] * (v - meanX) * (y[i] - meanY))) / sum(x.map((v, i) => weights[i] * (v - meanX) ** 2));
  return [slope, meanY - slope * meanX];
}

const leastSquares = (data) => weightedLine(data, data.x.map(() => 1));

// Some line of smallest absolute error passes through two of the points: 190 pairs, all tried.
function leastAbsolute(data) {
  let best = [0, 0], least = Infinity;
  for (let i = 0; i < data.x.length; i++) {
    for (let j = 0; j < i; j++) {
      const slope = (data.y[i] - data.y[j]) / (data.x[i] - data.x[j]);
      const line = [slope, data.y[i] - slope * data.x[i]];
      const loss = sum(residualsOf(data, line).map(Math.abs));
      if (loss < least) [best, least] = [line, loss];
    }
  }
  return best;
}

// Least squares again and again, with the weights that the last line gives.
function reweighted(data, noise, scale, line) {
  for (let i = 0; i < 500; i++) {
    const next = weightedLine(data, residualsOf(data, line).map((r) => noise.weight(r / scale)));
    const moved = Math.abs(next[0] - line[0]) + Math.abs(next[1] - line[1]);
    line = next;
    if (moved < 1e-14) break;
  }
  return line;
}

// The line at which a noise's loss is smallest. Student-t's may have several hollows: two starts, the lower end.
function bestLine(data, noise, scale = 1) {
  if (noise === laplace) return leastAbsolute(data);
  const loss = (line) => sum(residualsOf(data, line).map((r) => noise.rho(r / scale)));
  const ends = [leastSquares, leastAbsolute].map((first) => reweighted(data, noise, scale, first(data)));
  return loss(ends[0]) <= loss(ends[1]) ? ends[0] : ends[1];
}

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
  // A bell whose peak is `tall` reaches most of the way to the next point.
  constructor(box, points, tall, fits, grips = []) {
    const svg = box.querySelector(".explore-plot");
    Object.assign(this, { svg, points, tall });
    this.grid = draw(svg, "g");
    this.frame = draw(draw(svg, "clipPath", { id: `${box.id}-frame` }), "rect");
    const inside = draw(svg, "g", { "clip-path": `url(#${box.id}-frame)` });
    this.bells = points.x.map(() => draw(inside, "path", { class: "bell" }));
    this.bars = points.x.map(() => draw(inside, "path", { class: "bar" }));
    this.fits = fits.map((kind) => draw(inside, "path", { class: `fit ${kind}` }));
    this.line = draw(inside, "path", { class: "yours" });
    this.dots = points.x.map(() => draw(svg, "circle", { class: "point", r: 3.5 }));
    this.middle = grips.length ? draw(svg, "path", { class: "handle middle" }) : null;
    this.grips = grips.map(() => this.handle("grip", 6));
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

  // Bells of `density` over the line, `width` wide to each side of it.
  update(data, [slope, intercept], density, width, fits) {
    const at = (x) => slope * x + intercept;
    const ends = ([w, b]) => path([LEFT, RIGHT].map((x) => [this.h(x), this.v(w * x + b)]));
    const reach = 0.85 * (this.h(data.x[1]) - this.h(data.x[0])) / this.tall;
    data.x.forEach((x, i) => {
      const [h, y] = [this.h(x), data.y[i]];
      const bell = [];
      for (let z = -16; z <= 16; z++) bell.push([h + reach * density(z / 16 * width), this.v(at(x) + z / 16 * width)]);
      this.bells[i].setAttribute("d", path([[h, this.v(at(x) - width)], ...bell, [h, this.v(at(x) + width)]]));
      this.bars[i].setAttribute("d", path([[h, this.v(y)], [h + reach * density(y - at(x)), this.v(y)]]));
      set(this.dots[i], { cx: h, cy: this.v(y) });
    });
    this.line.setAttribute("d", ends([slope, intercept]));
    this.middle?.setAttribute("d", ends([slope, intercept]));
    this.fits.forEach((fit, i) => fit.setAttribute("d", ends(fits[i])));
    this.grips.forEach((grip, i) => grip.setAttribute("transform", `translate(${this.h(GRIPS[i])} ${this.v(at(GRIPS[i]))})`));
    const dragged = this.points.outlier;
    this.outlier.setAttribute("transform", `translate(${this.h(data.x[dragged])} ${this.v(data.y[dragged])})`);
  }

  // Where a pointer is, in the units of the axes.
  place({ clientX, clientY }) {
    const { left, top } = this.svg.getBoundingClientRect();
    const x = scale(this.h(LEFT), this.h(RIGHT), LEFT, RIGHT)(clientX - left);
    return [x, scale(this.v(BOTTOM), this.v(TOP), BOTTOM, TOP)(clientY - top)];
  }
}

// A function over a range, and the dot where the figure stands now.
class Curve {
  constructor(row, { from, to, height, ticks }) {
    Object.assign(this, { svg: row.querySelector("svg"), from, to, height, ticks });
    this.grid = draw(this.svg, "g");
    this.mark = draw(this.svg, "path", { class: "best" });
    this.curve = draw(this.svg, "path", { class: "curve" });
    this.dot = draw(this.svg, "circle", { class: "now", r: 5.5 });
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

  // The window, from `base` up, has a fixed height in the function's unit: a steeper one looks steeper.
  update(f, base, [at, value], mark) {
    const v = (height) => Math.max(-4, this.floor - 4 - (height - base) / this.height * (this.floor - 8));
    const points = [];
    for (let i = 0; i <= 140; i++) {
      const along = this.from + i / 140 * (this.to - this.from);
      points.push([this.h(along), v(f(along))]);
    }
    this.curve.setAttribute("d", path(points));
    this.mark.setAttribute("d", path([[this.h(mark), 0], [this.h(mark), this.floor + 2]]));
    set(this.dot, { cx: this.h(at), cy: Math.max(6, v(value)) });
  }
}

// --- what both figures do --------------------------------------------------------------------------

// Sliders, a choice, buttons, handles; `update` draws a state and returns what is read out of it.
function control(box, points, plot, curves, update, jumps) {
  const sliders = Object.fromEntries([...box.querySelectorAll("[data-moves]")].map((s) => [s.dataset.moves, s]));
  sliders.outlier.value = points.y[points.outlier];
  const choices = [...box.querySelectorAll("[type=radio]")];
  const origin = Object.fromEntries(Object.entries(sliders).map(([name, slider]) => [name, Number(slider.value)]));
  origin.outlier = points.y[points.outlier];
  for (const choice of choices) if (choice.defaultChecked) origin.noise = choice.value;
  const state = { ...origin };
  const clamp = (name, value) =>
    name in sliders ? Math.min(Number(sliders[name].max), Math.max(Number(sliders[name].min), value)) : value;
  const dataNow = () => ({ x: points.x, y: points.y.map((y, i) => (i === points.outlier ? state.outlier : y)) });

  // Read out once the hand rests, not at every step.
  const status = box.querySelector(".explore-status");
  let waiting = 0, frame = 0;
  function show() {
    for (const [name, slider] of Object.entries(sliders)) {
      slider.value = state[name];
      const text = shown(state[name]);
      slider.setAttribute("aria-valuetext", text);
      slider.nextElementSibling.textContent = text;
    }
    for (const choice of choices) choice.checked = choice.value === state.noise;
    return update(state, dataNow());
  }
  function change(changes) {
    for (const [name, value] of Object.entries(changes)) state[name] = clamp(name, value);
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(() => {
      const sentence = show();
      clearTimeout(waiting);
      waiting = setTimeout(() => (status.textContent = sentence), 600);
    });
  }

  // A jump glides, unless the reader asked for less motion.
  let gliding = 0;
  function jump(target) {
    cancelAnimationFrame(gliding);
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return change(target);
    const from = { ...state }, begun = performance.now();
    const step = (time) => {
      const part = Math.min(1, Math.max(0, (time - begun) / 350)), eased = part * part * (3 - 2 * part);
      const mix = ([name, value]) => [name, part === 1 || name === "noise" ? value : from[name] + eased * (value - from[name])];
      change(Object.fromEntries(Object.entries(target).map(mix)));
      if (part < 1) gliding = requestAnimationFrame(step);
    };
    gliding = requestAnimationFrame(step);
  }
  function take(changes) {
    cancelAnimationFrame(gliding);
    change(changes);
  }

  for (const [name, slider] of Object.entries(sliders)) {
    slider.addEventListener("input", () => take({ [name]: Number(slider.value) }));
  }
  for (const choice of choices) choice.addEventListener("change", () => take({ noise: choice.value }));
  for (const button of box.querySelectorAll("[data-jump]")) {
    const kind = button.dataset.jump;
    button.addEventListener("click", () => jump(kind === "reset" ? origin : jumps[kind](state, dataNow())));
  }

  // Handles follow the pointer; sliders do the same by keyboard.
  function drag(handle, changes) {
    handle.addEventListener("touchstart", (event) => event.preventDefault(), { passive: false }); // no scrolling
    handle.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      handle.setPointerCapture(event.pointerId);
      handle.classList.add("held");
    });
    handle.addEventListener("pointermove", (event) => {
      if (handle.hasPointerCapture(event.pointerId)) take(changes(...plot.place(event)));
    });
    for (const end of ["pointerup", "pointercancel"]) handle.addEventListener(end, () => handle.classList.remove("held"));
  }
  drag(plot.outlier, (_, y) => ({ outlier: y }));
  if (plot.middle) drag(plot.middle, (x, y) => ({ intercept: y - state.slope * x }));
  plot.grips.forEach((grip, i) =>
    drag(grip, (_, y) => {
      const other = state.slope * GRIPS[1 - i] + state.intercept;
      const slope = clamp("slope", (y - other) / (GRIPS[i] - GRIPS[1 - i]));
      return { slope, intercept: other - slope * GRIPS[1 - i] }; // turns about its other end
    }),
  );

  new ResizeObserver(() => {
    [plot, ...curves].forEach((drawing) => drawing.measure());
    show();
  }).observe(plot.svg);
}

function write(element, value, digits) {
  element.value = String(value); // every digit, for whoever asks
  element.textContent = shown(value, digits);
}
const rowsOf = (box) => Object.fromEntries([...box.querySelectorAll("[data-row]")].map((row) => [row.dataset.row, row]));

// --- the first figure: move the line -----------------------------------------------------------------

const nllOf = (r, sigma) => sum(r.map((e) => Math.log(sigma) + Math.log(2 * Math.PI) / 2 + e * e / (2 * sigma * sigma)));

// A mean loss, its noise, and its best constant for some values.
const LOSSES = {
  mse: { of: (r) => mean(r.map((e) => e * e)), noise: gaussian, centre: mean },
  mae: {
    of: (r) => mean(r.map(Math.abs)),
    noise: laplace,
    centre: (r) => [...r].sort((a, b) => a - b)[r.length >> 1],
  },
  huber: {
    of: (r) => mean(r.map(huber(1).rho)), // bends at 1 in the unit of y, as nn.HuberLoss does
    noise: huber(1),
    centre: (r) => {
      let [low, high] = [Math.min(...r), Math.max(...r)];
      for (let i = 0; i < 50; i++) {
        const middle = (low + high) / 2;
        if (sum(r.map((v) => Math.max(-1, Math.min(1, v - middle)))) > 0) low = middle;
        else high = middle;
      }
      return low;
    },
  },
};

function moveTheLine(box, points) {
  const plot = new Plot(box, points, 1 / (0.75 * Math.sqrt(2 * Math.PI)), Object.keys(LOSSES), GRIPS);
  const rows = rowsOf(box);
  const slopes = { from: -1, to: 3, ticks: [-1, 0, 1, 2, 3] };
  const curves = {
    nll: new Curve(rows.nll, { ...slopes, height: 100 }),
    mse: new Curve(rows.mse, { ...slopes, height: 5 }),
    mae: new Curve(rows.mae, { ...slopes, height: 1.5 }),
    huber: new Curve(rows.huber, { ...slopes, height: 1.5 }),
    sigma: new Curve(rows.sigma, { from: 0.2, to: 3, ticks: [1, 2, 3], height: 60 }),
  };
  function fill(name, [at, value], f, best, digits) {
    const [now, lowest] = rows[name].querySelectorAll("data");
    write(now, value, digits);
    write(lowest, best, 3);
    curves[name].update(f, f(best), [at, value], best);
  }

  function update({ slope, intercept, sigma }, data) {
    const residuals = residualsOf(data, [slope, intercept]);
    const fits = Object.values(LOSSES).map(({ noise }) => bestLine(data, noise));
    const density = (r) => Math.exp(-nllOf([r], sigma));
    plot.update(data, [slope, intercept], density, 3.2 * sigma, fits);
    // The lowest value that each slope can reach: its intercept is the best one.
    const left = (w, centre) => {
      const r = residualsOf(data, [w, 0]);
      const b = centre(r);
      return r.map((value) => value - b);
    };
    const nll = nllOf(residuals, sigma);
    const said = [`NLL ${shown(nll)} nats`];
    fill("nll", [slope, nll], (w) => nllOf(left(w, mean), sigma), fits[0][0], 2);
    Object.entries(LOSSES).forEach(([name, { of, centre }], i) => {
      fill(name, [slope, of(residuals)], (w) => of(left(w, centre)), fits[i][0], 4);
      said.push(`${rows[name].firstElementChild.textContent} ${shown(of(residuals), 3)}`);
    });
    fill("sigma", [sigma, nll], (s) => nllOf(residuals, s), Math.sqrt(LOSSES.mse.of(residuals)), 2);
    return said.join(", ");
  }

  const jumps = {
    sigma: ({ slope, intercept }, data) => ({ sigma: Math.sqrt(LOSSES.mse.of(residualsOf(data, [slope, intercept]))) }),
  };
  for (const [name, { noise }] of Object.entries(LOSSES)) {
    jumps[name] = (_, data) => {
      const [slope, intercept] = bestLine(data, noise);
      return { slope, intercept };
    };
  }
  control(box, points, plot, Object.values(curves), update, jumps);
}

// --- the second figure: choose the noise ---------------------------------------------------------------

// `floor` of a noise is its NLL at a residual of 0 and a scale of 1; the page's cell takes it from the package.
function chooseTheNoise(box, points) {
  const { floor, nu, k } = points.noise;
  const noises = { gaussian, laplace, student: student(nu), huber: huber(k) };
  const plot = new Plot(box, points, 0.8, ["mse"]);
  const rows = rowsOf(box);
  const residuals = { from: -9.5, to: 4.5, ticks: [-8, -4, 0, 4] };
  const windows = { density: [0, 1.05], loss: [-0.2, 12], pull: [-2.8, 5.6] };
  const curves = Object.fromEntries(
    Object.entries(windows).map(([name, [, height]]) => [name, new Curve(rows[name], { ...residuals, height })]),
  );

  function update({ noise: name, scale: s }, data) {
    const noise = noises[name];
    const line = bestLine(data, noise, s), squares = leastSquares(data);
    const loss = (e) => floor[name] + Math.log(s) + noise.rho(e / s);
    const shapes = { density: (e) => Math.exp(-loss(e)), loss, pull: (e) => pull(noise, e / s) / s };
    plot.update(data, line, shapes.density, 4 * s, [squares]);
    const residual = residualsOf(data, line)[points.outlier];
    const said = [`Residual ${shown(residual)}`];
    for (const [shape, f] of Object.entries(shapes)) {
      write(rows[shape].querySelector("data"), f(residual), 4);
      curves[shape].update(f, windows[shape][0], [residual, f(residual)], 0);
      said.push(`${shape} ${shown(f(residual), 3)}`);
    }
    ["slope", "intercept"].forEach((part, i) => {
      const [fitted, least] = rows[part].querySelectorAll("data");
      write(fitted, line[i], 3);
      write(least, squares[i], 3);
    });
    return `${said.join(", ")}; fitted slope ${shown(line[0], 3)}`;
  }

  control(box, points, plot, Object.values(curves), update, {});
}

const points = JSON.parse(document.getElementById("explore-data").textContent);
moveTheLine(document.getElementById("explore-line-figure"), points);
chooseTheNoise(document.getElementById("explore-noise-figure"), points);
