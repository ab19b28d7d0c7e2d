// The page of a served model: what is typed, dropped or photographed goes to /predict, and
// what comes back is shown. Nothing is loaded from elsewhere.

const schema = JSON.parse(document.getElementById("schema").textContent);
const by = (id) => document.getElementById(id);
const error = by("error");
const numbers = new Intl.NumberFormat("en", { maximumSignificantDigits: 6 });
const percent = new Intl.NumberFormat("en", { style: "percent", maximumFractionDigits: 1 });
// No model is sure, and what is hardly there is not nothing.
const percents = { format: (x) => (x > 0.9995 && x < 1 ? "> 99.9%" : x > 0 && x < 0.0005 ? "< 0.1%" : percent.format(x)) };

function make(name, options = {}, ...children) {
  const { dataset, ...rest } = options;
  const element = Object.assign(document.createElement(name), rest);
  element.append(...children.filter((child) => child !== null));
  return element;
}

// What is wrong is told in the words of the server, with its code.
function tell({ code, fact, rule, place = {}, fix = [] }) {
  const lines = Object.entries(place).map(([name, text]) => `${name}: ${text}`);
  error.replaceChildren(
    make("p", {}, make("strong", { textContent: `${code ? code + ": " : ""}${fact}.` })),
    ...[...lines, rule ? `Why: ${rule}.` : "", ...fix.map((text) => `Fix: ${text}.`)]
      .filter(Boolean)
      .map((text) => make("p", { textContent: text })),
  );
  error.scrollIntoView({ block: "nearest" });
}

async function ask(query, body, headers) {
  error.replaceChildren();
  const token = by("token")?.value;
  if (token) headers.Authorization = `Bearer ${token}`;
  let reply;
  try {
    reply = await fetch("/predict" + query, { method: "POST", body, headers });
  } catch {
    tell({ fact: "the server does not answer", fix: ["see whether it still runs"] });
    return null;
  }
  if (reply.ok) return reply;
  const found = await reply.json().catch(() => ({}));
  tell(found.error ?? { fact: `the server answered ${reply.status}` });
  return null;
}

function bar(name, left, right, text, down = false) {
  const fill = make("i", { className: down ? "down" : "" });
  fill.style.left = `${100 * left}%`;
  fill.style.width = `${100 * Math.max(right - left, 0.004)}%`;
  const track = make("div", { className: "track", ariaHidden: "true" }, fill);
  return make(
    "li",
    {},
    make("span", { textContent: name }),
    track,
    make("span", { className: "number", textContent: text }),
  );
}

function probabilities(found) {
  const ranked = Object.entries(found).sort((one, other) => other[1] - one[1]).slice(0, 10);
  return make("ul", { className: "bars" }, ...ranked.map(([name, share]) => bar(name, 0, share, percents.format(share))));
}

function likeliest(found) {
  return Object.entries(found).reduce((one, other) => (other[1] > one[1] ? other : one))[0];
}

// The class that is predicted, or the labels, of which there may be several or none.
function predicted(one) {
  const named = (name) => `${name}, ${percents.format(one.probabilities[name])}`;
  if (!Array.isArray(one.prediction)) return named(one.prediction);
  return one.prediction.length ? one.prediction.map(named).join("; ") : "none of the labels";
}

// A number that is predicted, and its interval, if there is one.
function valued(found, noun) {
  const value = `${schema.target}: ${numbers.format(found.prediction)}`;
  const parts = [make("p", { className: "said", textContent: value })];
  if (schema.band) {
    const { coverage, measured, rows } = schema.band;
    const held = measured === null
      ? ""
      : `; of ${rows.toLocaleString("en")} held-out ${noun}, ${percents.format(measured)} were within such limits`;
    parts.push(make("p", {
      className: "soft",
      textContent: `${numbers.format(found.low)} to ${numbers.format(found.high)}: ${percents.format(coverage)} prediction interval${held}.`,
    }));
  }
  return parts;
}

// A place to drop files, from which they are taken.

function dropping(take) {
  const drop = by("drop");
  by("file").addEventListener("change", (event) => take([...event.target.files]));
  for (const name of ["dragover", "dragleave", "drop"]) {
    drop.addEventListener(name, (event) => {
      event.preventDefault();
      drop.classList.toggle("over", name === "dragover");
      if (name === "drop") take([...event.dataTransfer.files]);
    });
  }
}
