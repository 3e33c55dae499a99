// The search. MiniSearch ranks the sections of the site; here is what makes a word of what somebody types,
// where the hits are shown, and how the words are marked on the page that a hit opens.
"use strict";

const search = (() => {
  const ROOT = document.documentElement.dataset.content_root;

  // --- words ---------------------------------------------------------------------------------------

  // Different words for one thing: any of a line finds all of it.
  const SAME = `
    mle / maximum likelihood / maximum likelihood estimation / maximum likelihood estimate / maximum likelihood estimator
    nll / negative log likelihood
    mse / mean squared error / mean square error / squared error / squared loss / l2 loss
    mae / mean absolute error / absolute error / absolute loss / l1 loss
    rmse / root mean squared error / root mean square error
    sse / sum of squared errors / sum of squares / residual sum of squares / rss
    r2 / r squared / r2 score / coefficient of determination
    mdn / mixture density network / mixture density
    logvar / log variance / log var / log sigma squared
    std / standard deviation / stddev / stdev
    pinball / pinball loss / quantile loss / quantile regression / check loss
    loss / loss function / cost / cost function / objective / objective function / criterion
    pi / prediction interval
    ci / confidence interval
    ols / ordinary least squares
    wls / weighted least squares
    bce / binary cross entropy
    kl / kullback leibler
    map / maximum a posteriori
    bayesian / bayes / prior / posterior
    vae / variational autoencoder
    ddp / distributed data parallel / distributed
    bf16 / bfloat16
    fp16 / float16 / half precision
    gnll / gaussian nll / gaussian negative log likelihood
    t distribution / student t / student
    lr / learning rate
    standardise / normalise / rescale
    l2 regularization / weight decay / ridge
    hetero / heteroscedastic / unequal variance`;
  const IDLE = new Set(`a about after all am an and any are as at be because been but by can could did do does doing
    for from get give given has have how i if in into is it its just like me my no not of on or our should so than that
    the their them then versus vs there these they this to too up use used using very was we were what when where which while
    who will with would you your`.split(/\s+/));
  const GREEK = { α: "alpha", β: "beta", γ: "gamma", δ: "delta", ε: "eps", η: "eta", θ: "theta", λ: "lambda",
    μ: "mu", ν: "nu", π: "pi", ρ: "rho", σ: "sigma", τ: "tau", φ: "phi", χ: "chi" };

  // "losses" and "loss", "weighted" and "weighting", "normalize" and "normalisation" are one word each.
  function stem(word) {
    if (/^(hetero|homo)s[ck]/.test(word)) return word[1] === "e" ? "heteroscedast" : "homoscedast";
    if (word.length < 4 || /[\d_]/.test(word)) return word;
    return word
      .replace(/ies$/, "y")
      .replace(/(ss|x|ch|sh)es$|([^su])s$/, "$1$2")
      .replace(/iz(e|ed|es|ing|ation|er)$/, "is$1")
      .replace(/([a-z]{3})(ing|ed)$/, "$1")
      .replace(/([bdfgmnprt])\1$|(l)l$/, "$1$2")
      .replace(/(at|ct|pt|iat|is)(ion|or)$|([a-z]{4})e$/, "$1$3");
  }

  // The words of a text, each as often as it stands there: whole names of code and their parts.
  const known = new Map();
  function parts(name) {
    const cut = name.replace(/([a-z0-9])([A-Z])|([A-Z]+)([A-Z][a-z])/g, "$1$3 $2$4").toLowerCase().split(/[ _]+/).filter(Boolean);
    return cut.length > 1 ? [name.toLowerCase(), ...cut.map(stem)] : cut.map(stem);
  }
  function plain(text) {
    const words = [];
    const flat = /^[\x00-\x7f]*$/.test(text) ? text
      : text.normalize("NFKD").replace(/[\u0300-\u036f]/g, "").replace(/[α-ω]/g, (sign) => GREEK[sign] ?? sign);
    for (const [name] of flat.matchAll(/[\p{L}_][\p{L}\p{N}_]*|\d+(?:\.\d+)?/gu)) {
      if (!known.has(name)) known.set(name, parts(name));
      words.push(...known.get(name));
    }
    return words;
  }
  const stems = (text) => plain(text).filter((word) => !IDLE.has(word));

  const PHRASES = new Map(); // the first word of a phrase: the phrases that begin so, longest first
  for (const line of SAME.trim().split("\n")) {
    const names = line.split("/").map((name) => plain(name));
    for (const name of names) {
      if (!PHRASES.has(name[0])) PHRASES.set(name[0], []);
      PHRASES.get(name[0]).push({ name, same: "=" + names[0].join(" "), all: names });
    }
  }
  for (const phrases of PHRASES.values()) phrases.sort((a, b) => b.name.length - a.name.length);

  // The words, and one more for each phrase of the list above, which may also stand in its words' place.
  function tokens(text, instead = false) {
    const words = plain(text);
    const found = [];
    let left = 0; // words of the last phrase
    words.forEach((word, at) => {
      const phrase = left <= 0 && PHRASES.get(word)?.find(({ name }) => name.every((part, i) => words[at + i] === part));
      if (phrase) {
        found.push(phrase.same);
        left = phrase.name.length;
      }
      if (!IDLE.has(word) && !(instead && left > 0)) found.push(word);
      left -= 1;
    });
    return found;
  }

  // --- ranking -------------------------------------------------------------------------------------

  const script = (name) =>
    new Promise((done, failed) => {
      const element = document.createElement("script");
      element.src = `${ROOT}_static/${name}`;
      element.onload = done;
      element.onerror = failed;
      document.head.append(element);
    });
  let ready;
  const load = () =>
    (ready ??= Promise.all([script("minisearch.js"), script("search-index.js")]).then(() => {
      const { pages, sections } = window.searchIndex;
      const engine = new window.MiniSearch({ fields: ["title", "keys", "page", "text", "code"], tokenize: (text) => tokens(text), processTerm: (word) => word });
      const documents = sections.map(([page, anchor, title, text, code, keys], id) => {
        const names = [title, ...keys].map((name) => new Set(tokens(name, true)));
        return { id, address: pages[page][0], anchor, title, page: pages[page][1], text, code, keys: keys.join(" . "), names };
      });
      engine.addAll(documents);
      known.vocabulary = new Set([...known.values()].flat());
      return { engine, documents };
    }));

  const WEIGHTS = { title: 4, keys: 3, page: 1.5, text: 1, code: 0.4 };
  // What is rarely the answer: lists, the package's functions for who did not type their names.
  const LESS = [["reference/bibliography", 0.3], ["practice/questions/index", 0.4], ["reference/api", 0.4], ["reference/", 0.6], ["auto_gallery/", 0.8]];
  const part = ({ address, title }) =>
    (/^(Where to go next|Where next|What to take away|Exercise)$/.test(title) ? 0.4 : 1) *
    (LESS.find(([where]) => address.startsWith(where))?.[1] ?? 1);

  // The sections for a query, best first, each with the words of it that were found.
  function rank({ engine, documents }, query) {
    const asked = new Set(tokens(query, true));
    const all = [...new Set([...asked, ...tokens(query)])];
    const last = plain(query).at(-1);
    const misspelt = (word) => word[0] !== "=" && !known.vocabulary.has(word);
    const found = engine.search(query, {
      boost: WEIGHTS,
      tokenize: () => all,
      processTerm: (word) => word,
      boostTerm: (word) => (asked.has(word) ? 1 : 0.3),
      prefix: (word) => word.length > 2 && (word === last || misspelt(word)),
      fuzzy: (word) => misspelt(word) && word.length > 3 && !/\d/.test(word) && (word.length < 8 ? 1 : 2),
      weights: { fuzzy: 0.4, prefix: 0.5 },
      boostDocument: (id) => part(documents[id]),
    });
    for (const hit of found) {
      const has = (word) => word in hit.match;
      // How well the title, or one of the index entries, is what was asked: both shares, their mean.
      const fit = (name) => (2 * [...name].filter(has).length) / (name.size + asked.size);
      const share = [...asked].filter((word) => hit.queryTerms.includes(word)).length / asked.size;
      hit.score *= (1 + 2 * Math.max(...documents[hit.id].names.map(fit)) ** 2) * (0.3 + share);
    }
    found.sort((a, b) => b.score - a.score);
    return found.map(({ id, terms, score }) => ({ ...documents[id], terms, score }));
  }

  // --- hits ----------------------------------------------------------------------------------------

  const element = (name, properties, ...children) => {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  };
  const WORD = /[\p{L}_][\p{L}\p{N}_]*|\d+(?:\.\d+)?/gu;

  // A text as nodes, its words among `wanted` marked.
  function marked(text, wanted) {
    const nodes = [];
    let end = 0;
    for (const { 0: word, index } of text.matchAll(WORD)) {
      if (!stems(word).some((part) => wanted.has(part))) continue;
      nodes.push(text.slice(end, index), element("mark", { textContent: word }));
      end = index + word.length;
    }
    return end ? [...nodes, text.slice(end)] : [text];
  }

  // Some hundred characters with as many of the words as can be had.
  function excerpt({ text, code }, wanted) {
    const whole = text || code;
    let best = { start: 0, count: -1 };
    for (let start = 0; start < whole.length; start = whole.indexOf(" ", start + 60) + 1 || whole.length) {
      const count = new Set(stems(whole.slice(start, start + 180)).filter((word) => wanted.has(word))).size;
      if (count > best.count) best = { start, count };
    }
    const cut = whole.slice(best.start, whole.indexOf(" ", best.start + 170) + 1 || undefined).trim();
    return [best.start ? "… " : "", ...marked(cut, wanted), best.start + cut.length < whole.length ? " …" : ""];
  }

  function item(hit) {
    // A phrase's sign stands for the words of all its names.
    const phrases = hit.terms.filter((word) => word[0] === "=").map((word) => PHRASES.get(word.slice(1).split(" ")[0]).find(({ same }) => same === word));
    const wanted = new Set([...hit.terms, ...phrases.flatMap(({ all }) => all.flat())].filter((word) => !IDLE.has(word)));
    const link = element("a", { href: `${ROOT}${hit.address}#${hit.anchor}`, textContent: hit.title });
    // The words travel in the address only when the link is followed: copied, it is the section's own.
    const follow = () => (link.search = new URLSearchParams({ marked: [...wanted].filter((word) => word[0] !== "=").join(" ") }));
    for (const kind of ["click", "auxclick"]) link.addEventListener(kind, follow, { capture: true });
    return element("li", {}, link, element("div", { className: "search-page", textContent: hit.page }), element("div", {}, ...excerpt(hit, wanted)));
  }

  const NOTHING = "Nothing found. Try fewer or other words, the name of a function, or an error message without your own numbers.";

  // Keeps a list and what is said of it in step with an input.
  function attach(input, list, said, most) {
    let asked = 0;
    const show = async () => {
      const query = input.value.trim();
      const mine = ++asked;
      try {
        const found = query && rank(await load(), query);
        if (mine !== asked) return;
        list.replaceChildren(...(found || []).slice(0, most).map(item));
        said.textContent = !query ? "" : !found.length ? NOTHING
          : found.length > most ? `The best ${most} of ${found.length} sections` : `${found.length} section${found.length > 1 ? "s" : ""}`;
      } catch {
        said.textContent = "The search could not be loaded.";
      }
    };
    input.addEventListener("input", show);
    // Down and up lead from the words through the hits and back.
    const step = (event) => {
      const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      const stops = [input, ...list.querySelectorAll("a")];
      const next = by && stops[stops.indexOf(document.activeElement) + by];
      if (!next) return;
      event.preventDefault();
      next.focus();
    };
    input.addEventListener("keydown", step);
    list.addEventListener("keydown", step);
    return show;
  }

  // The page of the search: the words of the address, then what is typed.
  const words = document.querySelector("#search-words");
  if (words) {
    words.value = new URLSearchParams(location.search).get("q") ?? "";
    const show = attach(words, document.querySelector("#search-results"), document.querySelector(".search-said"), 30);
    if (words.value) show();
    else words.focus();
  }

  // The box beside every page: hits appear over the page while somebody types, Enter lists them all.
  const box = document.querySelector(".sidebar-search");
  if (box) {
    const list = element("ol", { className: "search-hits" });
    const said = element("p", { className: "search-said", role: "status" });
    const panel = element("div", { className: "search-panel", hidden: true }, said, list);
    box.form.after(panel);
    attach(box, list, said, 8);
    const open = (shown) => {
      panel.hidden = !shown;
      const { left, bottom } = box.getBoundingClientRect();
      panel.style.cssText = `left: ${left}px; top: ${bottom + 4}px`;
    };
    box.addEventListener("input", () => open(box.value.trim() !== ""));
    box.addEventListener("focus", () => open(box.value.trim() !== ""));
    addEventListener("pointerdown", ({ target }) => target === box || panel.contains(target) || open(false));
    addEventListener("focusin", ({ target }) => target === box || panel.contains(target) || open(false));
    addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !panel.hidden) {
        event.preventDefault(); // the words stay
        box.focus();
        open(false);
      }
      const typing = event.target.closest("input, textarea, select, [contenteditable]");
      const asked = (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) ||
        (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey);
      if (!asked) return;
      event.preventDefault();
      const here = words ?? box;
      if (here.checkVisibility({ visibilityProperty: true })) here.select();
      else location.href = box.form.action; // on a phone the box is in a drawer
    });
  }

  // --- marks ---------------------------------------------------------------------------------------

  // What a hit was found by is marked in the section that it opened.
  const address = new URL(location);
  const wanted = new Set(address.searchParams.get("marked")?.split(" "));
  if (wanted.size) {
    const target = document.getElementById(decodeURIComponent(address.hash.slice(1)));
    const place = target?.closest("section, dl > *")?.tagName === "DT" ? target.nextElementSibling : (target ?? document.querySelector("article"));
    const walker = document.createTreeWalker(place, NodeFilter.SHOW_TEXT);
    const texts = [];
    while (walker.nextNode()) if (!walker.currentNode.parentElement.closest("math, script, button, .headerlink")) texts.push(walker.currentNode);
    for (const text of texts) {
      const nodes = marked(text.data, wanted);
      if (nodes.length > 1) text.replaceWith(...nodes);
    }
    address.searchParams.delete("marked");
    try {
      history.replaceState(history.state, "", address);
    } catch {
      // Some browsers let no page that was read from disk change its address.
    }
  }

  return { load, rank };
})();
