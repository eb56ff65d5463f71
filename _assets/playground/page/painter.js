// A picture on which a mask is painted, by pointer or by keys: arrows move the brush, space paints.

import { toImageData } from "./canvas.js";
import { make } from "./dom.js";
import { SIDE, countOf, emptyMask, inverted, moved, placeIn, stamp, stroke } from "./mask.js";

const ZOOM = 10;
const NAME = "Mask on the picture. Arrow keys move the brush, with Shift they paint; space paints or takes away.";

export class Painter {
  /** onChange: called with the number of painted pixels; say: called with what a screen reader is to hear. */
  constructor({ onChange, say }) {
    Object.assign(this, { onChange, say, mask: emptyMask(), at: { x: 15, y: 15 }, size: 6, erase: false, from: null });
    this.canvas = make("canvas", {
      width: SIDE * ZOOM, height: SIDE * ZOOM, class: "pg-painter", tabindex: "0", role: "application", "aria-label": NAME,
    });
    this.small = make("canvas", { width: SIDE, height: SIDE });
    this.canvas.addEventListener("keydown", (event) => this.press(event));
    this.canvas.addEventListener("pointerdown", (event) => this.begin(event));
    this.canvas.addEventListener("pointermove", (event) => this.go(event));
    for (const end of ["pointerup", "pointercancel"]) this.canvas.addEventListener(end, () => { this.from = null; });
    for (const seen of ["focus", "blur"]) this.canvas.addEventListener(seen, () => this.draw());
  }

  set picture(picture) {
    this.small.getContext("2d").putImageData(toImageData(picture), 0, 0);
    this.draw();
  }

  clear() {
    this.changed(emptyMask());
  }

  invert() {
    this.changed(inverted(this.mask));
  }

  changed(mask = this.mask) {
    this.mask = mask;
    this.draw();
    this.onChange(countOf(mask));
  }

  begin(event) {
    if (event.button !== 0) return;
    this.canvas.setPointerCapture(event.pointerId);
    this.at = this.from = placeIn(this.canvas.getBoundingClientRect(), event.clientX, event.clientY);
    this.changed(stamp(this.mask, this.at, this.size, this.erase ? 0 : 1));
  }

  go(event) {
    this.at = placeIn(this.canvas.getBoundingClientRect(), event.clientX, event.clientY);
    if (this.from) {
      stroke(this.mask, this.from, this.at, this.size, this.erase ? 0 : 1);
      this.from = this.at;
      this.changed();
    } else this.draw();
  }

  press(event) {
    const to = moved(this.at, event.key);
    if (to) {
      if (event.shiftKey) stroke(this.mask, this.at, to, this.size, this.erase ? 0 : 1);
      this.at = to;
      this.changed();
    } else if (event.key === " ") {
      const painted = this.mask[this.at.y * SIDE + this.at.x] === 1;
      this.changed(stamp(this.mask, this.at, this.size, painted ? 0 : 1));
    } else return;
    event.preventDefault();
    const now = this.mask[this.at.y * SIDE + this.at.x] ? "painted" : "not painted";
    this.say(`Column ${this.at.x + 1}, row ${this.at.y + 1}, ${now}`);
  }

  /** The picture; hatched in purple, what is painted; and the brush. */
  draw() {
    const context = this.canvas.getContext("2d");
    context.imageSmoothingEnabled = false;
    context.drawImage(this.small, 0, 0, SIDE * ZOOM, SIDE * ZOOM);
    context.fillStyle = "rgb(122 47 166 / 55%)";
    for (let i = 0; i < this.mask.length; i += 1) {
      if (!this.mask[i]) continue;
      const x = (i % SIDE) * ZOOM, y = Math.floor(i / SIDE) * ZOOM;
      context.fillRect(x, y, ZOOM, ZOOM);
      context.fillRect(x + ZOOM / 2, y, ZOOM / 2, ZOOM / 2);      // a grain, so that it shows without colour too
    }
    const before = Math.floor((this.size - 1) / 2), side = this.size * ZOOM;
    const corner = [(this.at.x - before) * ZOOM, (this.at.y - before) * ZOOM];
    for (const [colour, width] of [["#ffffff", 5], ["#1f2430", 2]]) {
      context.strokeStyle = colour;
      context.lineWidth = width;
      context.strokeRect(...corner, side, side);
    }
  }
}
