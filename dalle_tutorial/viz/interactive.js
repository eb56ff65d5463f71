(() => {
  "use strict";
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
  const all = (root, selector) => Array.from(root.querySelectorAll(selector));

  /* One panel of many is shown: the one at the sum of each slider's value times its stride. */
  function panels(figure) {
    const items = all(figure, ".d2-panels > li");
    const sliders = all(figure, "input[type=range]");
    const texts = sliders.map((slider) => JSON.parse(slider.dataset.texts));
    const play = figure.querySelector(".d2-play");
    const live = figure.querySelector(".d2-live");
    let timer = null;

    function show(announce) {
      const at = sliders.reduce((sum, slider) => sum + Number(slider.value) * Number(slider.dataset.stride), 0);
      items.forEach((item, i) => { item.hidden = i !== at; });
      sliders.forEach((slider, i) => slider.setAttribute("aria-valuetext", texts[i][Number(slider.value)]));
      if (announce) live.textContent = items[at].dataset.say;
    }
    function stop() {
      window.clearInterval(timer);
      timer = null;
      play.textContent = "\u25b6\ufe0e Play";
    }
    function step() {
      const slider = sliders[0];
      if (!figure.isConnected || document.hidden || slider.value === slider.max) {
        stop();
        show(figure.isConnected);
        return;
      }
      slider.value = Number(slider.value) + 1;
      show(false);
    }
    sliders.forEach((slider) => slider.addEventListener("input", () => {
      if (timer) stop();
      show(true);
    }));
    if (play) {
      /* Nothing moves by itself, and for readers who ask for less motion nothing plays at all. */
      const respect = () => {
        if (timer) stop();
        play.hidden = calm.matches;
      };
      calm.addEventListener("change", respect);
      respect();
      play.addEventListener("click", () => {
        if (timer) {
          stop();
          show(true);
          return;
        }
        if (sliders[0].value === sliders[0].max) sliders[0].value = 0;
        show(false);
        play.textContent = "\u275a\u275a Pause";
        timer = window.setInterval(step, Number(figure.dataset.interval));
      });
    }
    show(false);
  }

  /* A chosen token, and how much it takes from every other: the numbers stand in the tables beneath. */
  function attention(figure) {
    const tables = all(figure, "table");
    const buttons = all(figure, ".d2-row button");
    const chips = all(figure, ".d2-weight");
    const head = figure.querySelector("select");
    const live = figure.querySelector(".d2-live");
    let chosen = Number(figure.dataset.start);

    function show(row, announce) {
      chosen = row;
      const cells = Array.from(tables[head ? head.selectedIndex : 0].tBodies[0].rows[row].cells).slice(1);
      buttons.forEach((button, i) => button.setAttribute("aria-pressed", String(i === row)));
      chips.forEach((chip, i) => {
        chip.style.setProperty("--w", cells[i].textContent);
        chip.lastElementChild.textContent = cells[i].textContent;
      });
      if (!announce) return;
      const most = cells.map((cell, i) => [cell.textContent, i]).sort((a, b) => b[0] - a[0]).slice(0, 3);
      live.textContent = buttons[row].textContent + " takes from: "
        + most.map(([weight, i]) => chips[i].firstChild.textContent + " " + weight).join(", ");
    }
    buttons.forEach((button, i) => {
      button.addEventListener("click", () => show(i, true));
      button.addEventListener("focus", () => show(i, true));
      button.addEventListener("pointerenter", () => show(i, false));
    });
    if (head) head.addEventListener("change", () => show(chosen, true));
    all(figure, "details").forEach((details) => { details.open = false; });
    show(chosen, false);
  }

  /* JupyterLab listens on the document and would take arrow keys for its own commands: here they are the slider's. */
  const moves = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End", "PageUp", "PageDown"];
  if (!window.d2Keys) {
    window.d2Keys = true;
    window.addEventListener("keydown", (event) => {
      const slider = event.target instanceof Element && event.target.matches("figure.d2 :is(input, select)");
      if (slider && moves.includes(event.key)) event.stopPropagation();
    }, true);
  }

  all(document, "figure.d2").forEach((figure) => {
    if (figure.d2Started) return;
    figure.d2Started = true;
    const start = { panels: panels, attention: attention }[figure.dataset.kind];
    if (!start) return;
    start(figure);
    figure.classList.add("d2-on");
    all(figure, ".d2-controls, .d2-choose").forEach((controls) => { controls.hidden = false; });
  });
})();
