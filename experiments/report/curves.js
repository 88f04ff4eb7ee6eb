
/* Curves: a metric over a channel, against Es/N0 at one CBR or CBR at one Es/N0. */
const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#8c6d00", "#56b4e9",
  "#7f3c8d", "#3c3c3c", "#e73f74", "#80ba5a"];
const AXES = {
  snr_db: { title: "Es/N0 [dB]", other: "cbr_target", named: "CBR" },
  cbr_target: { title: "CBR (measured)", other: "snr_db", named: "Es/N0 [dB]" },
};
const NEAR = 0.05; // a published CBR so near, as a share, is shown at the run's
const LOST = 0.5;
const BOUNDS = { floor: "floor: nothing received", ceiling: "ceiling: on the originals" };
// nothing that would send a chart elsewhere, as plotly's own choice of buttons does
const BUTTONS = [["toImage", "zoom2d", "pan2d", "resetScale2d"]];
const curveForm = at("curve-controls").elements;

function values(column, points) {
  return [...new Set(points.map((i) => numbers[column][i]))].sort((a, b) => a - b);
}

function offerPlaces() {
  const { other, named } = AXES[curveForm.axis.value];
  const points = everyPoint.filter((i) => word("channel", i) === curveForm.channel.value);
  at("at-name").textContent = named;
  offer(curveForm.at, values(other, points).map((value) => [value, value]));
}

function hover(i, metric) {
  const { mean, ci95 } = metrics[metric];
  const digits = digitsOf(metric);
  const half = ci95[i] === null ? "" : ` ±${shown(ci95[i], digits)}`;
  return `${word("transmitter", i)}<br>${labelOf(metric)}: `
    + `<b>${shown(mean[i], digits)}${half}</b><br>`
    + `Es/N0 ${numbers.snr_db[i]} dB, CBR ${numbers.cbr_target[i]} `
    + `(measured ${shown(numbers.cbr[i], 5)})<br>outage ${shown(numbers.outage[i], 3)}, `
    + `${numbers.images[i]} images × ${numbers.draws[i]}`;
}

function curve(name, points, metric, axis) {
  const number = words.transmitter.names.indexOf(name);
  const along = axis === "snr_db" ? numbers.snr_db : numbers.cbr;
  const own = points.filter((i) => word("transmitter", i) === name
    && metrics[metric].mean[i] !== null).sort((i, j) => along[i] - along[j]);
  return {
    meta: name,
    name: name in data.references ? `${name} (${data.references[name]})` : name,
    x: own.map((i) => along[i]),
    y: own.map((i) => metrics[metric].mean[i]),
    error_y: { array: own.map((i) => metrics[metric].ci95[i]), thickness: 1 },
    text: own.map((i) => hover(i, metric)),
    hovertemplate: "%{text}<extra></extra>",
    mode: "lines+markers",
    line: { color: COLOURS[number % COLOURS.length],
      dash: name in data.references ? "dash" : "solid" },
    marker: { size: 7 },
  };
}

/* Black crosses over the points at which most of a transmission is lost. */
function crosses(traces, points, metric, axis) {
  const along = axis === "snr_db" ? numbers.snr_db : numbers.cbr;
  const shownNames = traces.map((trace) => trace.meta);
  const lost = points.filter((i) => numbers.outage[i] >= LOST
    && metrics[metric].mean[i] !== null && shownNames.includes(word("transmitter", i)));
  return lost.length === 0 ? [] : [{
    name: "half of the images lost, or more",
    x: lost.map((i) => along[i]),
    y: lost.map((i) => metrics[metric].mean[i]),
    mode: "markers",
    marker: { symbol: "x-thin", size: 9, line: { color: "#000", width: 2 } },
    hoverinfo: "skip",
  }];
}

/* Floor and ceiling of a metric as thin lines across the plot. */
function boundsOf(metric, traces) {
  const x = traces.flatMap((trace) => trace.x);
  return x.length === 0 ? [] : Object.entries(data.bounds[metric] ?? {})
    .map(([name, value]) => ({
      name: `${name} (${shown(value, digitsOf(metric))})`,
      x: [Math.min(...x), Math.max(...x)],
      y: [value, value],
      mode: "lines",
      line: { color: "#555", width: 1, dash: name === "floor" ? "dot" : "longdash" },
      hovertemplate: `${BOUNDS[name]}<extra></extra>`,
    }));
}

function publishedAt(metric, axis) {
  const place = Number(curveForm.at.value);
  return data.published.filter((row) => row.metric === metric
    && row.channel === curveForm.channel.value
    && (axis === "snr_db" ? Math.abs(row.cbr / place - 1) <= NEAR
      : row.snr_db === place));
}

function publishedCurve(label, rows, axis, number) {
  const column = axis === "snr_db" ? "snr_db" : "cbr";
  const own = rows.filter((row) => row.label === label)
    .sort((a, b) => a[column] - b[column]);
  return {
    name: `${label}, ${own[0].dataset}`,
    x: own.map((row) => row[column]),
    y: own.map((row) => row.value),
    text: own.map((row) => `${row.label}: <b>${row.value}</b><br>${row.dataset}, `
      + `${row.snr_db} dB, CBR ${row.cbr}<br>${row.source}<br>${row.how_read}`),
    hovertemplate: "%{text}<extra></extra>",
    mode: "lines+markers",
    line: { color: COLOURS[COLOURS.length - 1 - number % COLOURS.length], dash: "dot" },
    marker: { symbol: "cross", size: 8 },
  };
}

function drawCurves() {
  const metric = curveForm.metric.value;
  const axis = curveForm.axis.value;
  const { title, other } = AXES[axis];
  const points = everyPoint.filter((i) => word("channel", i) === curveForm.channel.value
    && numbers[other][i] === Number(curveForm.at.value));
  const rows = publishedAt(metric, axis);
  const overlays = checked("curve-published")
    .filter((label) => rows.some((row) => row.label === label));
  const own = checked("curve-transmitters")
    .map((name) => curve(name, points, metric, axis)).filter((trace) => trace.x.length);
  const traces = [...own, ...crosses(own, points, metric, axis),
    ...boundsOf(metric, own),
    ...overlays.map((label, i) => publishedCurve(label, rows, axis, i))];
  at("published-note").replaceChildren(...overlays.map((label) => {
    const row = rows.find((one) => one.label === label);
    return element("li", `${label}: ${row.dataset}, ${row.convention}; ${row.how_read} `
      + `of ${row.source}`);
  }));
  Plotly.react("plot", traces, {
    margin: { l: 60, r: 10, t: 10, b: 50 },
    xaxis: { title: { text: title }, zeroline: false },
    yaxis: { title: { text: labelOf(metric) }, zeroline: false },
    legend: { orientation: "h", y: -0.18 },
    showlegend: true,
    hovermode: "closest",
  }, { responsive: true, displaylogo: false, modeBarButtons: BUTTONS });
}

function startCurves() {
  const known = Object.keys(metrics).filter((m) => metrics[m].mean.some((v) => v !== null));
  offer(curveForm.metric, known.map((metric) => [metric, labelOf(metric)]));
  offer(curveForm.channel, words.channel.names.map((name) => [name, name]));
  const axes = Object.keys(AXES).sort((a, b) =>
    values(b, everyPoint).length - values(a, everyPoint).length);
  offer(curveForm.axis, axes.map((axis) => [axis, AXES[axis].title]));
  at("curve-transmitters").append(
    ...words.transmitter.names.map((name) => checkbox(name, true, drawCurves)));
  const labels = [...new Set(data.published.map((row) => row.label))];
  at("curve-published").append(...labels.map((l) => checkbox(l, false, drawCurves)));
  at("curve-published").hidden = !labels.length;
  for (const name of ["metric", "channel", "axis", "at"]) {
    curveForm[name].addEventListener("change", () => {
      if (name === "channel" || name === "axis") offerPlaces();
      drawCurves();
    });
  }
  window.addEventListener("beforeprint", () => Plotly.Plots.resize("plot"));
  offerPlaces();
  drawCurves();
}

startCurves();
