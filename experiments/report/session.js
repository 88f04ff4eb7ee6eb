"use strict";

const data = JSON.parse(document.getElementById("data").textContent);
const at = (id) => document.getElementById(id);
const column = Object.fromEntries(data.columns.map((name, place) => [name, place]));
const count = data.rows.length;
const MOST_GAPS = 300; // frames that have a gap between them in the strip
let now = 0;

function cell(frame, name) {
  return data.rows[frame][column[name]];
}

function number(frame, name) {
  return Number(cell(frame, name));
}

function element(name, text, attributes = {}) {
  const made = Object.assign(document.createElement(name), attributes);
  made.textContent = text;
  return made;
}

/* Terms and their values; a value in bad letters if it is a pair with true. */
function define(id, pairs) {
  at(id).replaceChildren(...pairs.flatMap(([term, value, bad]) => [
    element("dt", term), element("dd", value, { className: bad ? "bad" : "" })]));
}

function fixed(frame, name, digits, unit = "") {
  const text = cell(frame, name);
  return text === "" ? "none" : `${Number(text).toFixed(digits)}${unit}`;
}

function yes(frame, name) {
  return cell(frame, name) === "1";
}

/* What the user said last. */
function wish(frame) {
  for (let before = frame; before >= 0; before -= 1) {
    if (cell(before, "says")) {
      return { text: cell(before, "says"), changed: cell(before, "changed"),
        isNew: before === frame };
    }
  }
  return { text: "", changed: "", isNew: false };
}

function showIntent(frame) {
  const { text, changed, isNew } = wish(frame);
  at("wish").textContent = `User${isNew ? ", now" : ""}: \u201c${text}\u201d`
    + (changed ? ` The nearest that can be met: ${changed}.` : "");
  at("wish").className = isNew ? "new" : "";
  const classes = cell(frame, "classes").replaceAll(";", ", ");
  define("intent", [
    ["task", cell(frame, "task")],
    ["classes", classes || "all"],
    ["deadline", fixed(frame, "deadline_ms", 0, " ms")],
    ["at most", `${number(frame, "profile_uses").toLocaleString("en")} uses`],
    ["priority", cell(frame, "priority")],
    ["profile", cell(frame, "profile")],
  ]);
}

function showSender(frame) {
  const sent = cell(frame, "transmitter") !== "";
  const served = cell(frame, "served_profile");
  const stale = sent && served !== cell(frame, "profile");
  define("sender", !sent ? [["transmitter", "not sent", true]] : [
    ["knows Es/N0", cell(frame, "reported_snr_db") === "" ? "no report yet"
      : fixed(frame, "reported_snr_db", 0, " dB")],
    ["transmitter", cell(frame, "transmitter")],
    ["wants", `${number(frame, "wanted_uses").toLocaleString("en")} uses`],
    ["is granted", `${number(frame, "granted_uses").toLocaleString("en")} uses`],
    ["serves profile", stale ? `${served}, not yet ${cell(frame, "profile")}` : served,
      stale],
    ["messages heard", cell(frame, "heard")],
  ]);
}

function showReceiver(frame) {
  const metrics = data.columns.slice(column.backhaul_bytes + 1)
    .filter((name) => cell(frame, name) !== "");
  define("receiver", [
    ["verdicts", cell(frame, "verdicts").split(" ").map((word) =>
      word.replace("_", " ")).join(", ") || "none"],
    ["retransmissions", cell(frame, "retransmissions")],
    ["expects utility", fixed(frame, "success", 2)],
    ["act", yes(frame, "acts") ? "camera stays" : "none"],
  ]);
  define("outcome", [
    ["Es/N0", fixed(frame, "snr_db", 1, " dB")],
    ["utility", fixed(frame, "utility", 2)],
    ["latency", `${fixed(frame, "latency_ms", 1, " ms")}`, yes(frame, "late")],
    ["late", yes(frame, "late") ? "yes" : "no", yes(frame, "late")],
    ["lost", yes(frame, "lost") ? "yes" : "no", yes(frame, "lost")],
    ["energy", fixed(frame, "energy_mj", 0, " mJ")],
    ...metrics.map((name) => [name.replaceAll("_", " "), fixed(frame, name, 3)]),
  ]);
}

/* Channel uses by direction and purpose, those of unusual purposes behind. */
function uses(frame) {
  const other = cell(frame, "uses_other").split(";").filter(Boolean)
    .map((item) => item.split("="));
  return [...data.purposes.map((name) => [name, cell(frame, name)]), ...other]
    .map(([name, text]) => ({ direction: name.slice(0, name.indexOf("_")),
      purpose: name.slice(name.indexOf("_") + 1), uses: Number(text) }))
    .filter((entry) => entry.uses > 0);
}

function showLedger(frame) {
  const total = number(frame, "uses");
  at("ledger").tBodies[0].replaceChildren(...uses(frame).map((entry) => {
    const row = element("tr", "");
    const bar = element("td", "", { className: "bar" });
    const line = element("i", "", { className: entry.direction });
    line.style.setProperty("--share", `${(100 * entry.uses) / total}%`);
    bar.append(line);
    row.append(element("td", entry.direction, { className: "word" }),
      element("td", entry.purpose, { className: "word" }),
      element("td", entry.uses.toLocaleString("en")), bar);
    return row;
  }));
  const row = element("tr", "");
  row.append(element("td", "all", { className: "word" }), element("td", ""),
    element("td", total.toLocaleString("en")),
    element("td", `of ${number(frame, "pool_uses").toLocaleString("en")} in the pool`,
      { className: "word" }));
  at("ledger").tFoot.replaceChildren(row);
}

function showPictures(frame) {
  const pair = data.pictures[frame];
  for (const id of ["sent", "received"]) {
    at(id).hidden = !pair;
    if (pair) Object.assign(at(id), { src: pair[id], alt: `${id}, frame ${frame}` });
  }
  at("sent-caption").textContent = `at the camera: ${cell(frame, "sample")}`
    + (pair ? "" : " (this page has no picture of it)");
  at("received-caption").textContent = pair ? `received: ${pair.said}` : "";
}

function show(frame) {
  at("strip").children[now].removeAttribute("aria-current");
  now = Math.min(Math.max(frame, 0), count - 1);
  at("strip").children[now].setAttribute("aria-current", "true");
  at("slider").value = now;
  at("place").textContent = `frame ${now} of ${count}, `
    + `${fixed(now, "time_s", 2)} s`;
  showPictures(now);
  showIntent(now);
  showSender(now);
  showReceiver(now);
  showLedger(now);
}

function colourOf(frame) {
  return data.colours[cell(frame, "transmitter")] ?? "#b8c0ca";
}

function startStrip() {
  at("strip").classList.toggle("dense", count > MOST_GAPS);
  at("strip").append(...data.rows.map((_, frame) => {
    const button = element("button", "", { type: "button", tabIndex: -1,
      title: `frame ${frame}: ${cell(frame, "transmitter") || "not sent"}, `
        + `utility ${fixed(frame, "utility", 2)}`,
      className: yes(frame, "late") ? "late" : "" });
    button.style.setProperty("--colour", colourOf(frame));
    const share = 4 + 96 * number(frame, "utility");
    button.style.setProperty("--share", `${share}%`);
    button.addEventListener("click", () => show(frame));
    return button;
  }));
  at("key").append("height: utility", ...Object.entries(data.colours).map(
    ([name, colour]) => {
      const entry = element("span", "");
      const box = element("i", "");
      box.style.background = colour;
      entry.append(box, name);
      return entry;
    }), element("span", "red foot: late"));
}

const STEPS = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10,
  Home: -count, End: count };

function start() {
  startStrip();
  at("slider").max = count - 1;
  at("slider").addEventListener("input", () => show(Number(at("slider").value)));
  at("previous").addEventListener("click", () => show(now - 1));
  at("next").addEventListener("click", () => show(now + 1));
  document.addEventListener("keydown", (event) => {
    if (!(event.key in STEPS) || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    show(now + STEPS[event.key]);
  });
  show(0);
}

start();
