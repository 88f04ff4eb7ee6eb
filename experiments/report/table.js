
/* Table: one row for each point, sorted by a column, filtered by words. */
const IN_PAGE = 100;
const COLUMNS = [
  ...[["transmitter", data.series], ["channel", "channel"]].map(([name, title]) => ({
    name, title, is: "word", value: (i) => word(name, i) })),
  { name: "snr_db", title: "Es/N0 [dB]" },
  { name: "cbr_target", title: "CBR asked" },
  { name: "cbr", title: "CBR", digits: 5 },
  ...Object.keys(metrics).map((metric) => ({ name: metric, title: labelOf(metric),
    value: (i) => metrics[metric].mean[i], text: (i) => interval(metric, i) })),
  ...LEDGER.map((part) => ({ name: `cbr_${part}`, title: part, digits: 5 })),
  { name: "latency_slots", title: "slots" },
  { name: "images", title: "images" },
  { name: "draws", title: "draws" },
  { name: "seconds", title: "seconds", digits: 1 },
  { name: "status", title: "status", is: "word status",
    value: (i) => word("status", i) },
].map((column) => ({ is: "", value: (i) => numbers[column.name][i], ...column }));

const table = { sorted: null, down: false, page: 0, found: everyPoint };

function interval(metric, i) {
  const { mean, ci95 } = metrics[metric];
  const digits = digitsOf(metric) ?? 4;
  const half = ci95[i] === null ? "" : ` ±${shown(ci95[i], digits)}`;
  return shown(mean[i], digits) + half;
}

function cellText(column, i) {
  if (column.text) return column.text(i);
  const value = column.value(i);
  return typeof value === "string" ? value : shown(value, column.digits);
}

/* What a filter looks into: a word such as 10dB or 0.03 finds a place of the grid. */
const searchable = everyPoint.map((i) =>
  [word("transmitter", i), word("channel", i), word("status", i),
    `${numbers.snr_db[i]}dB`, numbers.cbr_target[i]].join(" ").toLowerCase());

function order(i, j) {
  const [a, b] = [i, j].map(table.sorted.value);
  if (a === null || b === null) return (a === null) - (b === null); // last, either way
  const sign = table.down ? -1 : 1;
  return sign * (typeof a === "string" ? a.localeCompare(b) : a - b);
}

function findRows() {
  const wanted = at("filter").value.toLowerCase().split(/\s+/).filter(Boolean);
  table.found = everyPoint.filter((i) => wanted.every((w) => searchable[i].includes(w)));
  if (table.sorted) table.found.sort(order);
  table.page = 0;
  showRows();
}

function showRows() {
  const pages = Math.max(1, Math.ceil(table.found.length / IN_PAGE));
  const first = table.page * IN_PAGE;
  at("results").tBodies[0].replaceChildren(
    ...table.found.slice(first, first + IN_PAGE).map((i) => {
      const row = element("tr", "");
      row.append(...COLUMNS.map((column) =>
        element("td", cellText(column, i), { className: column.is })));
      return row;
    }));
  at("count").textContent = `${table.found.length} of ${everyPoint.length} points`;
  at("page").textContent = `page ${table.page + 1} of ${pages}`;
  at("previous").disabled = table.page === 0;
  at("next").disabled = table.page >= pages - 1;
}

function sortBy(column) {
  table.down = table.sorted === column && !table.down;
  table.sorted = column;
  COLUMNS.forEach((one, i) => at("results").tHead.rows[0].cells[i].setAttribute(
    "aria-sort", one !== column ? "none" : table.down ? "descending" : "ascending"));
  findRows();
}

/* Floor and ceiling of the metrics that have them, in a line above the table. */
function listBounds() {
  at("bounds").textContent = Object.entries(data.bounds).map(([metric, bounds]) => {
    const values = Object.entries(bounds)
      .map(([name, value]) => `${name} ${shown(value, digitsOf(metric))}`);
    return `${labelOf(metric)}: ${values.join(", ")}`;
  }).join("; ");
  at("bounds").hidden = !at("bounds").textContent;
}

function startTable() {
  listBounds();
  const heading = element("tr", "");
  heading.append(...COLUMNS.map((column) => {
    const cell = element("th", "", { className: column.is, scope: "col" });
    const button = element("button", column.title, { type: "button" });
    button.addEventListener("click", () => sortBy(column));
    cell.append(button);
    return cell;
  }));
  at("results").tHead.append(heading);
  at("filter").addEventListener("input", findRows);
  for (const [name, step] of [["previous", -1], ["next", 1]]) {
    at(name).addEventListener("click", () => { table.page += step; showRows(); });
  }
  findRows();
}

startTable();
