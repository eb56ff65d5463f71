// The tool that paints part of a picture anew: the reader paints a mask, unCLIP what lies under it.

import { captionField } from "./caption.js";
import { button, make, newId } from "./dom.js";
import { countOf } from "./mask.js";
import { Painter } from "./painter.js";
import { Tool, slider } from "./tools.js";
import { plural } from "./words.js";

export class PaintTool extends Tool {
  constructor(app) {
    super(app, "Paint over what is to go. The rest stays, pixel by pixel, and unCLIP fills the hole so that the whole "
      + "shows what the caption says.", "Repaint");
    const model = () => (app.loader.has("unclip") ? "unclip" : null);
    this.caption = captionField("The whole is to show", "", app.client, model);
    this.brush = slider("Brush", 1, 14, 1, 6, (value) => plural(Number(value), "pixel"));
    this.brush.element.addEventListener("input", () => { this.painter.size = this.brush.value; this.painter.draw(); });
    this.erase = button("Rubber", () => this.rub(), { "aria-pressed": "false" });
    const hands = make("div", { class: "pg-hands", role: "group", "aria-label": "Mask" }, this.erase,
      button("Clear", () => this.painter.clear(), { title: "Nothing is painted" }),
      button("Invert", () => this.painter.invert(), { title: "Painted becomes unpainted" }));
    this.fields.append(this.caption.element, this.brush.element, hands, this.go);
  }

  source() {
    this.count = make("p", { class: "pg-count", text: "Nothing is painted yet." });
    this.heard = make("p", { class: "pg-heard", "aria-live": "polite", id: newId("heard") });
    this.painter = new Painter({
      onChange: (count) => { this.count.textContent = count ? `${plural(count, "pixel")} of 1,024 painted.` : "Nothing is painted yet."; },
      say: (text) => { this.heard.textContent = text; },
    });
    const keys = make("p", { class: "pg-keys", text: "By keyboard: arrows move the brush, space paints." });
    return make("div", {}, this.painter.canvas, this.count, keys, this.heard);
  }

  rub() {
    this.painter.erase = !this.painter.erase;
    this.erase.setAttribute("aria-pressed", String(this.painter.erase));
  }

  take(card) {
    super.take(card);
    this.painter.picture = card.picture;
    this.caption.caption.input.value = card.caption ?? "";
  }

  async ready() {
    return this.caption.caption.check("unclip");
  }

  async work(signal) {
    if (!countOf(this.painter.mask)) {
      this.app.status.say("Paint over a part of the picture first.", true);
      return;
    }
    const caption = this.caption.caption.text;
    const parameters = { picture: this.picture, mask: this.painter.mask.slice(), caption, seed: this.seed };
    await this.fill("inpaint", 1, parameters, { caption, name: "Repainted" }, signal);
  }
}
