// The first script of the chapters' live figures. It loads nothing: beneath each figure's pictures it puts a button that
// says how many megabytes a press will load, and hands over to figure.js when the reader presses it.
(() => {
  "use strict";
  const script = document.currentScript;
  const known = JSON.parse(script.dataset.models);    // name → {bytes, hashes}, of the models that the site has
  const NEEDS = {
    decode: "cvae", guidance: "glide", prior: "unclip", sampling: "glide", "text-diff": "unclip",
  };
  const figures = Array.from(document.querySelectorAll("figure.live-figure")).filter((each) => each.dataset.live in NEEDS);
  const open = new Set();
  let kept = "";

  // The page's policy forbids inline handlers, and the theme has one.
  for (const element of document.querySelectorAll("[data-print]")) element.addEventListener("click", () => window.print());

  /** Why nothing can be drawn here, in words, or null. */
  function hindrance(model) {
    if (window.location.protocol === "file:")
      return "Served, this figure draws by itself: in the book's folder, type make serve and open the address that it prints.";
    if (!known[model]) return "This copy of the book was built without the model that draws here.";
    const missing = [["WebAssembly", "WebAssembly"], ["Worker", "web workers"]].filter(([name]) => !(name in window));
    if (!window.crypto || !window.crypto.subtle) missing.push(["", "a safe address (https, or localhost)"]);
    return missing.length ? `To draw here, the page needs ${missing.map(([, words]) => words).join(" and ")}.` : null;
  }

  /** What a button says: how much has to be loaded, or that it lies here. */
  function label(model) {
    if (open.has(model)) return "Draw it here";
    const { bytes, hashes } = known[model];
    if (hashes.every((hash) => kept.includes(hash))) return "Draw it here (kept from your last visit)";
    const runtime = open.size ? 0 : Number(script.dataset.runtime);
    return `Draw it here (${((bytes + runtime) / 1e6).toFixed(1)} MB)`;
  }

  const parts = figures.map((figure) => {
    const model = NEEDS[figure.dataset.live];
    const bar = document.createElement("div");
    bar.className = "live-start";
    figure.querySelector(".live-still").after(bar);
    const why = hindrance(model);
    if (why) {
      bar.textContent = why;
      return null;
    }
    const button = document.createElement("button");
    Object.assign(button, { type: "button", className: "live-go" });
    const says = document.createElement("p");
    says.className = "live-loading";
    says.setAttribute("role", "status");
    bar.append(button, says);
    const part = { figure, model, button, says };
    button.addEventListener("click", () => start(part));
    return part;
  }).filter(Boolean);

  function relabel() {
    for (const { model, button } of parts) button.textContent = label(model);
  }

  async function start(part) {
    part.button.disabled = true;
    try {
      const page = await import(new URL("figure.js", script.src).href);
      if (await page.open(part)) open.add(part.model);
      relabel();
    } catch (error) {
      part.says.textContent = "The figure's own scripts could not be loaded: is the network there? Press the button to try again.";
    } finally {
      part.button.disabled = false;
    }
  }

  async function look() {
    try {
      if (!window.caches || !(await window.caches.has("dalle-playground"))) return;
      const cache = await window.caches.open("dalle-playground");
      kept = (await cache.keys()).map((request) => request.url).join(" ");
      relabel();
    } catch { /* a browser that keeps nothing: then everything is loaded anew */ }
  }

  relabel();
  look();
})();
