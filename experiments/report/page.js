"use strict";

const data = JSON.parse(document.getElementById("data").textContent);
const { words, numbers, metrics } = data.points;
const everyPoint = [...words.transmitter.index.keys()];
const LEDGER = Object.keys(numbers).filter((column) => column !== "cbr_target"
  && column.startsWith("cbr_")).map((column) => column.slice("cbr_".length));
const at = (id) => document.getElementById(id);

function word(column, point) {
  return words[column].names[words[column].index[point]];
}

/* A number as a person reads it; nothing for one that is not known. */
function shown(value, digits) {
  if (value === null || value === undefined) return "";
  return digits === undefined ? String(value) : value.toFixed(digits);
}

function digitsOf(metric) {
  return data.described[metric]?.digits;
}

function labelOf(metric) {
  return data.described[metric]?.title || metric.replaceAll("_", " ");
}

function element(name, text, attributes = {}) {
  const made = Object.assign(document.createElement(name), attributes);
  made.textContent = text;
  return made;
}

/* Choices of a select: pairs of value and text. What was chosen stays, if it can. */
function offer(select, choices) {
  const before = select.value;
  select.replaceChildren(
    ...choices.map(([value, text]) => element("option", text, { value })));
  if (choices.some(([value]) => String(value) === before)) select.value = before;
}

function checkbox(text, checked, changed) {
  const box = element("input", "", { type: "checkbox", value: text, checked });
  box.addEventListener("change", changed);
  const label = element("label", "");
  label.append(box, " ", text);
  return label;
}

function checked(fieldset) {
  return [...at(fieldset).querySelectorAll("input:checked")].map((box) => box.value);
}
