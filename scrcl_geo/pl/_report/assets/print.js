// Paper: every figure drawn, in light colours, as wide as the page.
"use strict";
(() => {
  const turn = (paper) => {
    report.paper = paper;
    document.documentElement.classList.toggle("paper", paper);
    report.figures.drawAll();
    report.changed("theme");
  };
  addEventListener("beforeprint", () => turn(true));
  addEventListener("afterprint", () => turn(false));
})();
