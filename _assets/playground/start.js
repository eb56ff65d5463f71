// The first script of the page that draws. It loads nothing: it wakes the form, says how many megabytes a press of the
// button will load, and hands over to page/main.js when the reader presses it.
(() => {
  "use strict";
  const root = document.getElementById("pg-root");
  const here = document.currentScript.src;
  for (const element of document.querySelectorAll("[data-print]")) element.addEventListener("click", () => window.print());
  if (!root) return;
  const form = root.querySelector(".pg-form");
  const status = root.querySelector(".pg-status");
  const go = form.querySelector(".pg-go");

  /** Why nothing can be drawn here, in words, or null. */
  function hindrance() {
    if (window.location.protocol === "file:")
      return "This page was opened as a file, and browsers let no file start the models. In the book's folder, type "
        + "make serve and open the address that it prints: there the page draws. Below is what the models drew before.";
    if (root.dataset.exported !== "yes")
      return "This copy of the book was built without the exported models. Below is what they drew before.";
    const missing = [
      ["WebAssembly", "WebAssembly"], ["Worker", "web workers"], ["BigInt", "whole numbers of any size"],
    ].filter(([name]) => !(name in window)).map(([, words]) => words);
    if (!window.crypto || !window.crypto.subtle) missing.push("a safe address (https, or localhost)");
    return missing.length ? `To draw, this page needs what your browser does not offer here: ${missing.join(", ")}.` : null;
  }

  const why = hindrance();
  if (why) {
    status.textContent = why;
    status.classList.add("pg-note");
    return;
  }

  const chosen = () => form.querySelector("[name=model]:checked");
  const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;
  let kept = "";

  /** What the button says: how much has to be loaded, or that it lies here from an earlier visit. */
  function label() {
    const { title, bytes, hashes } = chosen().dataset;
    const lies = hashes && hashes.split(" ").every((hash) => kept.includes(hash));
    go.textContent = lies ? `Open ${title} (kept from your last visit) and draw`
      : `Load ${title} (${megabytes(Number(bytes) + Number(form.dataset.runtime))}) and draw`;
    const settings = chosen().dataset.settings.split(" ");
    for (const name of ["guidance", "steps"]) form.querySelector(`[data-setting=${name}]`).hidden = !settings.includes(name);
    if (chosen().dataset.guidance && !form.dataset.linked) form.elements.guidance.value = chosen().dataset.guidance;
    say();
  }

  function say() {
    for (const output of form.querySelectorAll("output")) output.value = form.elements[output.htmlFor.value.slice(3)].value;
  }

  /** A link that reproduces a picture has filled in the form. */
  function fillIn() {
    const told = new URLSearchParams(window.location.hash.slice(1));
    if (!told.get("caption")) return;
    form.dataset.linked = "yes";
    for (const name of ["caption", "model", "seed", "count", "guidance", "steps"])
      if (told.has(name)) form.elements[name].value = told.get(name);
    status.textContent = "The link that you followed has filled in the form: press the button, and it draws the same pictures.";
  }

  async function look() {
    try {
      if (!window.caches || !(await window.caches.has("dalle-playground"))) return;
      const cache = await window.caches.open("dalle-playground");
      kept = (await cache.keys()).map((request) => request.url).join(" ");
      if (!root.dataset.open) label();
    } catch { /* a browser that keeps nothing: then everything is loaded anew */ }
  }

  async function open(event) {
    event.preventDefault();
    if (root.dataset.open) return;
    root.dataset.open = "yes";
    try {
      const page = await import(new URL("page/main.js", here).href);
      await page.open(root);
    } catch (error) {
      delete root.dataset.open;
      status.textContent = "The page's own scripts could not be loaded: is the network there? Press the button to try again.";
      status.classList.add("pg-failed");
    }
  }

  form.hidden = false;
  fillIn();
  label();
  look();
  form.addEventListener("change", (event) => { if (event.target.name === "model" && !root.dataset.open) label(); });
  form.addEventListener("input", say);
  form.addEventListener("submit", open);
  for (const button of form.querySelectorAll("[data-caption]")) button.addEventListener("click", () => {
    form.elements.caption.value = button.dataset.caption;
    form.elements.caption.dispatchEvent(new Event("input", { bubbles: true }));
  });
  form.querySelector(".pg-dice").addEventListener("click", () => {
    form.elements.seed.value = window.crypto.getRandomValues(new Uint32Array(1))[0] % 10000;
  });
})();
