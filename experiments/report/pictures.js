
/* Pictures: an original over what was received, and what its symbols were spent on. */
const HEADLINES = Object.values(data.described).filter((metric) => metric.headline
  && metric.kind === "mean").map((metric) => metric.name);
const SHOT_COLUMNS = [...HEADLINES, "cbr", ...LEDGER.map((part) => `cbr_${part}`)];
const pictureForm = at("picture-controls").elements;

function shotAt(image, place, transmitter) {
  return data.pictures.shots.find((shot) => shot.image === image && shot.place === place
    && shot.transmitter === transmitter);
}

function chosen() {
  return ["image", "place", "transmitter"].map((name) => Number(pictureForm[name].value));
}

function outcome(shot) {
  if (!shot) return "not simulated";
  if (shot.failed) return `infeasible: ${shot.failed}`;
  const { cbr } = shot.values;
  const [first] = HEADLINES;
  const value = shot.values[first];
  return (value === undefined ? ""
    : `${value.toFixed(digitsOf(first))} ${data.described[first].unit} at `)
    + `CBR ${cbr.toFixed(5)}${shot.lost ? ", lost" : ""}`;
}

function showMaps(shot) {
  at("maps").replaceChildren(...(shot?.maps ?? []).map((map) => {
    const figure = element("figure", "");
    figure.append(
      element("img", "", { src: map.src, alt: `${map.name} map` }),
      element("figcaption", `${map.name}: ${map.low.toPrecision(3)} (dark) to `
        + `${map.high.toPrecision(3)} (light)`));
    return figure;
  }));
}

function shotRow(name, number, image, place, transmitter) {
  const shot = shotAt(image, place, number);
  const row = element("tr", "", { className: number === transmitter ? "chosen" : "" });
  row.append(element("td", name, { className: "word" }));
  row.append(...SHOT_COLUMNS.map((column) => element("td", shown(
    shot?.values?.[column], digitsOf(column) ?? 5))));
  row.append(element("td", shot && !shot.failed ? (shot.lost ? "lost" : "") : outcome(shot),
    { className: "word" }));
  row.addEventListener("click", () => {
    pictureForm.transmitter.value = number;
    showShot();
  });
  return row;
}

function showShot() {
  const [image, place, transmitter] = chosen();
  const shot = shotAt(image, place, transmitter);
  const { src, name } = data.pictures.images[image];
  Object.assign(at("original"), { src, alt: `${name}, original` });
  Object.assign(at("received"),
    { src: shot?.src ?? src, alt: `${name}, ${outcome(shot)}` });
  at("caption").textContent = outcome(shot);
  showMaps(shot);
  at("shots").tBodies[0].replaceChildren(...data.pictures.transmitters.map(
    (label, number) => shotRow(label, number, image, place, transmitter)));
}

function startPictures() {
  if (typeof data.pictures === "string") {
    at("browser").hidden = true;
    at("no-pictures").hidden = false;
    at("no-pictures").textContent = `No pictures: ${data.pictures}.`;
    return;
  }
  const { images, places, transmitters, marks } = data.pictures;
  at("marks").textContent = marks;
  at("marks").hidden = !marks;
  offer(pictureForm.image, images.map(({ name, number }, i) => [i, `${number}: ${name}`]));
  offer(pictureForm.transmitter, transmitters.map((name, i) => [i, name]));
  offer(pictureForm.place, places.map(({ channel, cbr, snr_db }, i) =>
    [i, `${channel}, CBR ${cbr}, Es/N0 ${snr_db} dB`]));
  const heading = element("tr", "");
  heading.append(element("th", "transmitter", { className: "word" }));
  heading.append(...SHOT_COLUMNS.map((column) =>
    element("th", LEDGER.includes(column.slice(4)) ? column.slice(4)
      : column === "cbr" ? "CBR" : labelOf(column))));
  heading.append(element("th", "", { className: "word" }));
  at("shots").tHead.append(heading);
  for (const name of ["image", "transmitter", "place"]) {
    pictureForm[name].addEventListener("change", showShot);
  }
  at("slider").addEventListener("input", () =>
    at("stage").style.setProperty("--cut", `${at("slider").value}%`));
  showShot();
}

startPictures();
