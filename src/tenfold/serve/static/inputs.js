
// Rows of text, one per line.

by("row").addEventListener("submit", async (event) => {
  event.preventDefault();
  const rows = by("rows").value.split("\n").filter((line) => line !== "");
  const reply = await ask("", JSON.stringify({ rows }), { "Content-Type": "application/json" });
  if (reply === null) return;
  const { predictions } = await reply.json();
  by("answer").replaceChildren(
    ...predictions.flatMap((one, at) => [
      make("p", { className: "said", textContent: `${rows[at]}: ${one.prediction}` }),
      ...(one.probabilities ? [probabilities(one.probabilities)] : []),
    ]),
  );
});
