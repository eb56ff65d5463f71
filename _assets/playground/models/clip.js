/** CLIP: captions and pictures as embeddings of length √width (Python: `clip.encoders`). */

import { toUnit } from "./pixels.js";

export class Clip {
  constructor(graphs) {
    this.graphs = graphs;
    [this.width] = graphs.about.graphs.text.outputs.embedding;
  }

  /** The embeddings of captions, given their ids one behind the other: Float32Array(rows · width). */
  async embedCaptions(ids) {
    return (await this.graphs.run("text", { ids })).embedding.data;
  }

  /** The embeddings of pictures, bytes one behind the other: Float32Array(rows · width). */
  async embed(pictures) {
    return (await this.graphs.run("image", { x: toUnit(pictures) })).embedding.data;
  }
}
