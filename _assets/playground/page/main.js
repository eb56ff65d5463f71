// The playground, once the reader has asked for it: it connects the worker, the form, the pictures and the tools.

import { connect } from "../client.js";
import { Caption } from "./caption.js";
import { make } from "./dom.js";
import { drawAll } from "./drawing.js";
import { adopt, describe, fillForm, readForm } from "./form.js";
import { fromFragment } from "./fragment.js";
import { Loader } from "./loader.js";
import { keepForOffline } from "./offline.js";
import { makeShelf } from "./shelf.js";
import { Status } from "./status.js";
import { Workbench } from "./workbench.js";

/** Wakes the page and draws what the form asks for. `root`: the element that start.js found. */
export async function open(root) {
  const form = root.querySelector(".pg-form");
  const status = new Status(root.querySelector(".pg-status"));
  await keepForOffline();
  const client = connect();
  const loader = new Loader(client, status, form);
  const chosen = () => form.elements.model.value;
  const caption = new Caption(
    form.elements.caption, form.querySelector(".pg-says"), client, () => (loader.has(chosen()) ? chosen() : null),
  );
  const app = {
    client, form, loader, status, shelf: makeShelf("Pictures"), again: make("div", { class: "pg-again" }),
    use: (tool, card) => workbench.use(tool, card),
  };
  const workbench = new Workbench(app);
  root.querySelector(".pg-work").append(app.shelf, app.again, workbench.element);
  root.querySelector(".pg-gallery")?.setAttribute("hidden", "");

  const go = form.querySelector(".pg-go");
  const relabel = () => { go.textContent = loader.label(chosen(), "Draw"); };

  async function draw(signal) {
    await loader.need(chosen(), signal);
    relabel();
    if (!(await caption.check(chosen()))) {
      form.elements.caption.focus();
      status.say("Nothing was drawn: the caption needs other words.", true);
      return;
    }
    await drawAll(app, readForm(form), signal);
    workbench.wake();
  }

  form.addEventListener("change", (event) => {
    if (event.target.name !== "model") return;
    adopt(form);
    relabel();
    caption.check();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    status.attempt(draw);
  });
  window.addEventListener("hashchange", () => {
    const drawing = fromFragment(window.location.hash);
    if (!drawing) return;
    fillForm(form, drawing);
    relabel();
    status.say("The link has filled in the form: press the button, and it draws the same pictures.");
  });

  describe(form);
  loader.look().then(relabel);
  await status.attempt(draw);
}
