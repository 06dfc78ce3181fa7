// Arrays out of the page, and colours that follow the reader's light or dark setting.
"use strict";
const report = { data: JSON.parse(document.getElementById("data").textContent) };

report.decode = (code, Kind) => {
  const raw = atob(code);
  const bytes = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i++) bytes[i] = raw.charCodeAt(i);
  return new Kind(bytes.buffer);
};

report.dark = matchMedia("(prefers-color-scheme: dark)");

report.theme = () => {
  const css = getComputedStyle(document.documentElement);
  const value = (name) => css.getPropertyValue(name).trim();
  return { ink: value("--ink"), soft: value("--soft"), line: value("--line"), card: value("--card"), shade: value("--shade"), accent: value("--accent") };
};

// one hue that rises away from the paper: what is not expressed recedes
report.ramp = () => report.dark.matches
  ? ["#343945", "#3c5291", "#4a93bf", "#8fd3bd", "#fdf3b0"]
  : ["#dedfe6", "#a8bfe0", "#6488c9", "#3a4a9e", "#170d4d"];

report.steps = (colors) => colors.flatMap((color, i) => [[i / colors.length, color], [(i + 1) / colors.length, color]]);
report.smooth = (colors) => colors.map((color, i) => [i / (colors.length - 1), color]);

report.layout = (own) => {
  const theme = report.theme();
  const axis = { gridcolor: theme.line, linecolor: theme.line, zerolinecolor: theme.line, tickcolor: theme.line, automargin: true };
  const layout = {
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: getComputedStyle(document.body).fontFamily, size: 13, color: theme.ink },
    margin: { l: 56, r: 16, t: 16, b: 48 },
    hoverlabel: { bgcolor: theme.ink, bordercolor: theme.ink, font: { color: theme.card } },
    ...own,
  };
  layout.xaxis = { ...axis, ...(own.xaxis || {}) };
  layout.yaxis = { ...axis, ...(own.yaxis || {}) };
  return layout;
};

report.config = { responsive: true, displaylogo: false, scrollZoom: false };
