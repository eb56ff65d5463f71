// The page's first task: draw a caption, picture by picture, and say how to draw the same again.

import { commandOf } from "./command.js";
import { button, make } from "./dom.js";
import { toFragment } from "./fragment.js";
import { newCards } from "./shelf.js";
import { duration, plural } from "./words.js";

/** Draws what is asked for on a shelf of cards. `app`: as main.js makes it. Rejects as `client.run`. */
export async function drawAll(app, drawing, signal) {
  const { client, status } = app, { count, ...asked } = drawing;
  const cards = newCards(app.shelf, count, { caption: drawing.caption, seed: drawing.seed, onUse: app.use });
  app.again.replaceChildren(...again(drawing));
  app.shelf.scrollIntoView({ block: "nearest" });
  history.replaceState(null, "", `#${toFragment(drawing)}`);
  const start = performance.now();
  let right = 0, index = 0;
  status.say(`Drawing ${plural(count, "picture")} …`);
  try {
    for (; index < count; index += 1) {
      const card = cards[index];
      const result = await client.run("draw", { ...asked, index }, { signal, onStep: (told) => card.frame(told) });
      card.finish(result);
      right += result.verdict?.correct ? 1 : 0;
    }
  } catch (error) {
    for (const card of cards.slice(index)) card.fail(signal.aborted ? "stopped" : "not drawn");
    throw error;
  }
  status.say(`${plural(count, "picture")} in ${duration(performance.now() - start)}: ${right} as asked.`);
}

/** A link and a command that draw the same. */
function again(drawing) {
  const link = make("a", { href: `#${toFragment(drawing)}`, text: "A link to these pictures", class: "pg-link" });
  const command = make("code", { text: commandOf(drawing), tabindex: "0", role: "region", "aria-label": "The same in Python" });
  return [
    make("p", {}, link, copier("Copy the link", () => link.href)),
    make("div", { class: "pg-command" }, make("span", { text: "The same in Python:" }), command,
      copier("Copy the command", () => command.textContent)),
  ];
}

function copier(text, what) {
  const copy = button(text, async () => {
    try {
      await navigator.clipboard.writeText(what());
      copy.textContent = "Copied";
    } catch {
      copy.textContent = "Your browser did not let it";
    }
    setTimeout(() => { copy.textContent = text; }, 2000);
  }, { class: "pg-copy" });
  return copy;
}
