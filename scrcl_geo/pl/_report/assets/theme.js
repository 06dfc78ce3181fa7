// Data out of the page, and colours that follow the reader's light or dark setting.
"use strict";
const report = { data: JSON.parse(document.getElementById("data").textContent) };

report.by = (id) => document.getElementById(id);
report.element = (tag, options = {}, ...inside) => {
  const made = Object.assign(document.createElement(tag), options);
  made.append(...inside);
  return made;
};
// Plotly reads some tags in its labels
report.text = (name) => name.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
report.short = (number) => number.toLocaleString("en", { maximumSignificantDigits: 3 });

report.bytes = (code) => {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(code);
  const raw = atob(code), bytes = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i++) bytes[i] = raw.charCodeAt(i);
  return bytes;
};
report.decode = (code, Kind) => new Kind(report.bytes(code).buffer);
report.inflate = async (code) => {
  const stream = new Blob([report.bytes(code)]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
};

// paper is white, whatever the screen
report.paper = false;
const prefersDark = matchMedia("(prefers-color-scheme: dark)");
report.isDark = () => !report.paper && prefersDark.matches;
prefersDark.addEventListener("change", () => report.changed("theme"));

report.theme = () => report.isDark()
  ? { ink: "#eceef2", soft: "#a0a5b2", line: "#31353f", card: "#1d2027", accent: "#8fb3e6" }
  : { ink: "#1c1e26", soft: "#5d616e", line: "#e3e3de", card: "#ffffff", accent: "#2b5c9e" };

// one hue that rises away from the paper: what is not expressed recedes
report.ramp = () => report.isDark()
  ? ["#343945", "#3c5291", "#4a93bf", "#8fd3bd", "#fdf3b0"]
  : ["#dedfe6", "#a8bfe0", "#6488c9", "#3a4a9e", "#170d4d"];

report.layout = (own) => {
  const theme = report.theme();
  const axis = { gridcolor: theme.line, linecolor: theme.line, zerolinecolor: theme.line, tickcolor: theme.line, automargin: true };
  return {
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: getComputedStyle(document.body).fontFamily, size: 13, color: theme.ink },
    hoverlabel: { bgcolor: theme.ink, bordercolor: theme.ink, font: { color: theme.card } },
    modebar: { bgcolor: "rgba(0,0,0,0)", color: theme.soft, activecolor: theme.accent },
    ...own,
    margin: { l: 56, r: 16, t: 16, b: 48, ...own.margin },
    xaxis: { ...axis, ...own.xaxis },
    yaxis: { ...axis, ...own.yaxis },
  };
};

report.config = {
  responsive: true, displaylogo: false, scrollZoom: false, modeBarButtonsToRemove: ["toImage", "autoScale2d", "sendChartToCloud"],
  showSendToCloud: false, plotlyServerURL: "", // nothing on this page is sent anywhere
  plotGlPixelRatio: Math.min(devicePixelRatio, 2),
};
