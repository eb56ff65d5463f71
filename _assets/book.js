// A formula that is wider than its place scrolls by itself; whoever has no mouse must be able to reach it to do so.
(() => {
  "use strict";
  function mend() {
    for (const formula of document.querySelectorAll("article mjx-container")) {
      formula.classList.remove("scrolls");
      const place = formula.closest("div.math, p, li, td, th, figcaption, caption");
      const wide = place !== null && formula.getBoundingClientRect().width > place.clientWidth + 1;
      const inside = formula.scrollWidth > formula.clientWidth + 1;
      formula.classList.toggle("scrolls", wide || inside);
      if (wide || inside) formula.tabIndex = 0;
      else formula.removeAttribute("tabindex");
    }
  }
  function start() {
    // sphinx's MathJax typesets after the page has loaded
    (window.MathJax?.startup?.promise ?? Promise.resolve()).then(() => {
      mend();
      window.addEventListener("resize", mend);
    });
  }
  if (document.readyState === "complete") start();
  else window.addEventListener("load", start);
})();
