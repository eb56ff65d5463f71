// Pictures of 32 × 32 pixels on canvases, and as files.

import { make } from "./dom.js";
import { SIDE } from "./mask.js";

/** A canvas of 32 × 32 pixels; the stylesheet enlarges it without smoothing. */
export function pictureCanvas(label) {
  return make("canvas", { width: SIDE, height: SIDE, role: "img", "aria-label": label });
}

/** RGB rows (3,072 numbers) as what a canvas takes. */
export function toImageData(picture) {
  const image = new ImageData(SIDE, SIDE);
  for (let i = 0, j = 0; i < picture.length; i += 3, j += 4) {
    image.data[j] = picture[i];
    image.data[j + 1] = picture[i + 1];
    image.data[j + 2] = picture[i + 2];
    image.data[j + 3] = 255;
  }
  return image;
}

/** Shows a picture (RGB rows) on a canvas of 32 × 32. */
export function show(canvas, picture) {
  canvas.getContext("2d").putImageData(toImageData(picture), 0, 0);
}

/** Offers what a canvas shows as a PNG of 32 × 32 pixels, as `draw --scale 1` writes it. */
export function download(canvas, name) {
  canvas.toBlob((blob) => {
    const link = make("a", { href: URL.createObjectURL(blob), download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  }, "image/png");
}
