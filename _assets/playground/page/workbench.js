// What can be done with a picture, and between two: four tools, of which one is shown at a time (the tabs pattern).

import { BetweenTool } from "./between.js";
import { button, make, newId } from "./dom.js";
import { PaintTool } from "./paint.js";
import { VaryTool, WordsTool } from "./tools.js";

const TOOLS = [
  ["vary", "Vary", VaryTool], ["words", "Reword", WordsTool], ["paint", "Repaint", PaintTool],
  ["between", "Between two captions", BetweenTool],
];

export class Workbench {
  /** `app`: as main.js makes it. */
  constructor(app) {
    this.tabs = make("div", { class: "pg-tabs", role: "tablist", "aria-label": "Go on with a picture" });
    this.tools = TOOLS.map(([name, title, Tool]) => this.add(app, name, title, Tool));
    this.element = make("section", { class: "pg-bench", "aria-label": "Go on with a picture" },
      make("h3", { text: "Go on with a picture" }), this.tabs, ...this.tools.map(({ panel }) => panel));
    this.element.hidden = true;
    this.tabs.addEventListener("keydown", (event) => this.press(event));
    this.choose("vary");
  }

  add(app, name, title, Tool) {
    const id = newId(name), tool = new Tool(app);
    const tab = button(title, () => this.choose(name), { role: "tab", id: `${id}-tab`, "aria-controls": id });
    const panel = make("div", { role: "tabpanel", id, "aria-labelledby": tab.id, class: "pg-panel" }, tool.element);
    this.tabs.append(tab);
    return { name, tool, tab, panel };
  }

  /** Shown once there is a picture to go on with. */
  wake() {
    this.element.hidden = false;
    for (const { tool } of this.tools) tool.wake?.();
  }

  choose(name) {
    for (const each of this.tools) {
      const chosen = each.name === name;
      each.tab.setAttribute("aria-selected", String(chosen));
      each.tab.tabIndex = chosen ? 0 : -1;
      each.panel.hidden = !chosen;
    }
    return this.tools.find((each) => each.name === name);
  }

  /** A picture's button was pressed: its tool takes the picture, and the keyboard goes there. */
  use(name, card) {
    this.wake();
    const { tool, tab } = this.choose(name);
    for (const each of this.tools) each.tool.take?.(card);
    tab.focus({ preventScroll: true });
    this.element.scrollIntoView({ block: "start" });
    return tool;
  }

  press(event) {
    const at = this.tools.findIndex(({ tab }) => tab === document.activeElement), last = this.tools.length - 1;
    const to = { ArrowRight: at === last ? 0 : at + 1, ArrowLeft: at <= 0 ? last : at - 1, Home: 0, End: last }[event.key];
    if (at < 0 || to === undefined) return;
    event.preventDefault();
    this.choose(this.tools[to].name).tab.focus();
  }
}
