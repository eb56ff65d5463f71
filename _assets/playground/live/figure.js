// One live figure, once the reader has asked for it: the model is loaded, then controls take the pictures' place.

import { connect } from "../client.js";
import { button, make } from "../page/dom.js";
import { Status } from "../page/status.js";
import { Newest } from "./newest.js";

/** Kind → its module; each exports build(app), which returns {element, start()}. */
const KINDS = {
  decode: () => import("./kinds/decode.js"),
  guidance: () => import("./kinds/guidance.js"),
  prior: () => import("./kinds/prior.js"),
  sampling: () => import("./kinds/sampling.js"),
  "text-diff": () => import("./kinds/text-diff.js"),
};

let client = null; // one worker for all figures of a page: they share the runtime, and what is loaded

/**
 * Opens a figure: loads its model and draws a first picture. Never rejects for the model's sake: what goes wrong there is
 * said beneath the pictures, with a button to try again.
 * @param {{figure: HTMLElement, model: string, button: HTMLButtonElement, says: HTMLElement}} part as live.js made it
 * @returns {Promise<boolean>} whether the model is here
 */
export async function open(part) {
  const { figure, model, button: go, says } = part;
  const kind = await KINDS[figure.dataset.live]();
  client ??= connect();
  says.classList.add("playground");
  const status = (part.status ??= new Status(says));
  let here = false;
  const work = async (signal) => {
    go.hidden = true;
    try {
      status.say("Loading the model …");
      await client.load(model, { onProgress: (told) => status.progress(told), signal });
      signal.throwIfAborted();
    } catch (error) {
      go.hidden = error.retry === true && !signal.aborted; // then there is “Try again”
      throw error;
    }
    here = true;
    status.loaded();
    status.say("");
    await wake(figure, model, kind);
  };
  await status.attempt(work);
  return here;
}

/** Puts the controls in the place of the pictures; resolves once the first picture stands there. */
async function wake(figure, model, kind) {
  const line = make("span");
  const again = button("Try again", () => newest.again(), { class: "live-again" });
  again.hidden = true;
  const panel = make("div", { class: "live-panel", role: "group", "aria-label": "Controls", tabindex: "-1" });
  const newest = new Newest({
    ready: (signal) => client.load(model, { signal }),
    onBusy: (busy) => panel.setAttribute("aria-busy", String(busy)),
    onFail: (error) => {
      line.textContent = error ? error.message : "";
      again.hidden = error?.retry !== true;
    },
  });
  const { element, start } = kind.build({ client, model, newest, told: told(figure) });
  panel.append(element, make("p", { class: "live-failed", role: "alert" }, line, again));
  figure.querySelector(".live-still").hidden = true;
  figure.querySelector(".live-start").hidden = true;
  figure.classList.replace("d2", "playground");
  figure.append(panel);
  panel.focus({ preventScroll: true }); // no field: on a phone that would open the keyboard
  await start();
}

/** What the notebook told the figure: its data-… attributes, from JSON where they are JSON. */
function told({ dataset }) {
  return Object.fromEntries(Object.entries(dataset).map(([name, value]) => {
    try {
      return [name, JSON.parse(value)];
    } catch {
      return [name, value];
    }
  }));
}
