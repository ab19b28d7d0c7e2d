// The page of a served model: what is typed, dropped or photographed goes to /predict, and
// what comes back is shown. Nothing is loaded from elsewhere.

const schema = JSON.parse(document.getElementById("schema").textContent);
const by = (id) => document.getElementById(id);
const error = by("error");
const SHOWN = 50; // rows of a table that are shown
const numbers = new Intl.NumberFormat("en", { maximumSignificantDigits: 6 });
const shares = new Intl.NumberFormat("en", { maximumSignificantDigits: 4 });
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

// Tables.

const regression = schema.task === "regression";
const units = (value) => (regression ? numbers.format(value) : percents.format(value));
const moves = (value) => (regression ? shares.format(value) : percent.format(value));

function contributions(found, of) {
  const { base, answer } = found;
  const entries = Object.entries(found.shares);
  // Each bar begins where the one before it ended, from the base to the answer.
  const ends = entries.reduce((list, [, share]) => [...list, list.at(-1) + share], [base]);
  const low = Math.min(...ends);
  const span = Math.max(...ends) - low || 1;
  const bars = entries.map(([name, share], at) => {
    const [from, to] = [ends[at], ends[at + 1]].sort((one, other) => one - other);
    const sign = share < 0 ? "\u2212" : "+";
    return bar(name, (from - low) / span, (to - low) / span, sign + moves(Math.abs(share)), share < 0);
  });
  return [
    make("h3", { textContent: "Contribution of each column" }),
    make("p", {
      className: "soft",
      textContent: `From ${units(base)}, the mean for rows like the training data, to ${units(answer)}${of}.`,
    }),
    make("ul", { className: "bars" }, ...bars),
  ];
}

function typed() {
  const row = {};
  schema.columns.forEach((column, at) => {
    const text = by(`cell-${at}`).value.trim();
    row[column.name] = text === "" ? null : column.kind === "number" && column.form === "number" ? Number(text) : text;
  });
  return row;
}

async function predictRow(event) {
  event.preventDefault();
  const unread = schema.columns.findIndex((_, at) => by(`cell-${at}`).validity.badInput);
  if (unread >= 0) {
    by(`cell-${unread}`).focus();
    tell({ fact: `${schema.columns[unread].name} is not a number`, fix: ["write it as in 12.5, or leave it empty"] });
    return;
  }
  const body = JSON.stringify({ rows: [typed()] });
  const reply = await ask("?contributions=true", body, { "Content-Type": "application/json" });
  if (reply === null) return;
  const [found] = (await reply.json()).predictions;
  const parts = [];
  if (regression) {
    parts.push(make("p", { className: "said", textContent: `${schema.target}: ${numbers.format(found.prediction)}` }));
    if (schema.band) {
      const { coverage, measured, rows } = schema.band;
      const held = measured === null
        ? ""
        : `; of ${rows.toLocaleString("en")} held-out rows, ${percents.format(measured)} were within such limits`;
      parts.push(make("p", {
        className: "soft",
        textContent: `${numbers.format(found.low)} to ${numbers.format(found.high)}: ${percents.format(coverage)} prediction interval${held}.`,
      }));
    }
  } else {
    parts.push(make("p", { className: "said", textContent: `${schema.target}: ${found.prediction}` }));
    parts.push(probabilities(found.probabilities));
  }
  const of = regression ? "" : ` for ${found.prediction}`;
  if (found.contributions) parts.push(...contributions(found.contributions, of));
  by("answer").replaceChildren(...parts);
}

async function predictTable([file]) {
  if (!file) return;
  by("rows").replaceChildren(make("p", { textContent: `Reading ${file.name} ...` }));
  const reply = await ask("", file, { "Content-Type": "text/csv" });
  by("rows").replaceChildren();
  if (reply === null) return;
  const { predictions, rejected, notices } = await reply.json();
  const names = ["line", "prediction", ...(schema.band ? ["low", "high"] : []), ...schema.classes.slice(0, 10)];
  const cells = (one) => names.map((name) => {
    const value = one[name] ?? one.probabilities?.[name];
    return make("td", { textContent: typeof value === "number" && name !== "line" ? numbers.format(value) : value });
  });
  const save = make("button", { type: "button", textContent: "Save the table with its predictions" });
  save.addEventListener("click", async () => {
    const told = await ask("", file, { "Content-Type": "text/csv", Accept: "text/csv" });
    if (told === null) return;
    const link = make("a", { href: URL.createObjectURL(await told.blob()), download: `predicted-${file.name}` });
    link.click();
    URL.revokeObjectURL(link.href);
  });
  const shown = predictions.slice(0, SHOWN);
  const of = shown.length < predictions.length ? `; the first ${SHOWN} are shown` : "";
  const without = rejected.length ? `; ${rejected.length} are left out, the first in line ${rejected[0].line}: ${rejected[0].reason}` : "";
  by("rows").replaceChildren(
    make("p", { textContent: `${file.name}: ${predictions.length.toLocaleString("en")} rows${of}${without}.` }),
    ...notices.map((text) => make("p", { className: "soft", textContent: `It was read with a ${text}.` })),
    make("p", {}, save),
    make("div", { className: "wide", tabIndex: 0, role: "region", ariaLabel: "Predictions" },
      make("table", {},
        make("thead", {}, make("tr", {}, ...names.map((name) => make("th", { scope: "col", textContent: name })))),
        make("tbody", {}, ...shown.map((one) => make("tr", {}, ...cells(one)))),
      ),
    ),
  );
}

// Pictures.

function seen(one, address) {
  const title = make("h3", { textContent: one.file });
  if (one.error) {
    return make("div", {}, title, make("p", { textContent: `${one.error.code}: ${one.error.fact}.` }));
  }
  const frame = make("div", { className: "seen" }, make("img", { src: address, alt: one.file }));
  const parts = [title, frame];
  if (one.heat) {
    // The heat lies over the part of the picture that the network saw, squeezed to a square.
    const heat = make("img", { src: one.heat, className: "heat", alt: "" });
    frame.append(heat);
    const box = make("input", { type: "checkbox", checked: true });
    box.addEventListener("change", () => { heat.hidden = !box.checked; });
    parts.push(make("p", {}, make("label", {}, box, ` Grad-CAM: evidence for ${one.prediction}`)));
  }
  const said = make("p", { className: "said", textContent: `${one.prediction}, ${percents.format(one.probabilities[one.prediction])}` });
  return make("div", {}, ...parts, said, probabilities(one.probabilities));
}

// Browsers turn pictures upright by themselves, so that the picture and its heat agree.
async function asSeen(file) {
  try {
    const bitmap = await createImageBitmap(file);
    const { width, height } = bitmap;
    const [short, long] = [Math.min(width, height), Math.max(width, height)];
    const kept = short * (long / short) ** (1 - schema.crop);
    const [w, h] = width > height ? [kept, height] : [width, kept];
    const canvas = make("canvas", { width: Math.round(w), height: Math.round(h) });
    canvas.getContext("2d").drawImage(bitmap, (width - w) / 2, (height - h) / 2, w, h, 0, 0, canvas.width, canvas.height);
    return canvas.toDataURL("image/jpeg", 0.85);
  } catch {
    return URL.createObjectURL(file);
  }
}

async function predictPictures(files) {
  if (!files.length) return;
  const form = new FormData();
  for (const file of files) form.append("file", file, file.name || "picture");
  by("answer").replaceChildren(make("p", { textContent: "Predicting ..." }));
  const reply = await ask(schema.heat ? "?heat=true" : "", form, {});
  by("answer").replaceChildren();
  if (reply === null) return;
  const { predictions } = await reply.json();
  const addresses = await Promise.all(files.map(asSeen));
  by("answer").replaceChildren(
    make("div", { className: "pictures" }, ...predictions.map((one, at) => seen(one, addresses[at]))),
  );
}

let stream = null;

async function openCamera() {
  error.replaceChildren();
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  } catch {
    tell({ fact: "there is no camera that this page may use", fix: ["choose a file instead"] });
    return;
  }
  by("video").srcObject = stream;
  by("viewfinder").hidden = false;
  await by("video").play();
  by("shoot").focus();
}

function closeCamera() {
  stream?.getTracks().forEach((track) => track.stop());
  by("viewfinder").hidden = true;
  by("camera").focus();
}

function shoot() {
  const video = by("video");
  const canvas = make("canvas", { width: video.videoWidth, height: video.videoHeight });
  canvas.getContext("2d").drawImage(video, 0, 0);
  canvas.toBlob((blob) => predictPictures([new File([blob], "camera.jpg", { type: "image/jpeg" })]), "image/jpeg", 0.95);
  closeCamera();
}

// What both have: a place to drop files.

const take = schema.kind === "table" ? predictTable : predictPictures;
const drop = by("drop");
by("file").addEventListener("change", (event) => take([...event.target.files]));
for (const name of ["dragover", "dragleave", "drop"]) {
  drop.addEventListener(name, (event) => {
    event.preventDefault();
    drop.classList.toggle("over", name === "dragover");
    if (name === "drop") take([...event.dataTransfer.files]);
  });
}
if (schema.kind === "table") {
  by("row").addEventListener("submit", predictRow);
} else {
  document.addEventListener("paste", (event) => take([...event.clipboardData.files]));
  by("camera").addEventListener("click", openCamera);
  by("shoot").addEventListener("click", shoot);
  by("stop").addEventListener("click", closeCamera);
}
