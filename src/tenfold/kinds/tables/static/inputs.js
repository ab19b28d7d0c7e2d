
// One row in a form, or a table in a file.

const SHOWN = 50; // rows of a table that are shown
const shares = new Intl.NumberFormat("en", { maximumSignificantDigits: 4 });
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
    parts.push(...valued(found, "rows"));
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
    const table = await ask("", file, { "Content-Type": "text/csv", Accept: "text/csv" });
    if (table === null) return;
    const link = make("a", { href: URL.createObjectURL(await table.blob()), download: `predicted-${file.name}` });
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

dropping(predictTable);
by("row").addEventListener("submit", predictRow);
