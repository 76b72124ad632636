/** The grid of results: what each value says about its limits, while it is typed; the server has the last word. */

const { guarded, point, words } = JSON.parse(document.getElementById("bench-data").textContent);
const number = (text) => (text.trim() === "" ? NaN : Number(text.replace(point, ".")));

function judge(row) {
  const [value, spread, method] = Array.from(row.querySelectorAll("input"), (input) => input.value.trim());
  const { low, high, usual, method: agreed } = row.dataset;
  if (!value) return "missing";
  const [, sign, text] = value.match(/^([<>]?) ?(.*)$/);
  const margin = guarded ? number(spread || usual) : 0;
  const [from, to] = [sign === "<" ? -Infinity : number(text) - margin, sign === ">" ? Infinity : number(text) + margin];
  if (Number.isNaN(from) || Number.isNaN(to) || (agreed && method !== agreed)) return "not_decidable";
  const [floor, ceiling] = [low === "" ? -Infinity : Number(low), high === "" ? Infinity : Number(high)];
  if (from >= floor && to <= ceiling) return "conform";
  const outside = to < floor || from > ceiling || (sign === "<" && to === floor) || (sign === ">" && from === ceiling);
  return outside ? "nonconform" : "not_decidable";
}

function show(row) {
  const [text, tone] = words[judge(row)];
  Object.assign(row.querySelector("output"), { textContent: text, className: `state ${tone}` });
}

for (const row of document.querySelectorAll(".lab tbody tr")) {
  row.addEventListener("input", () => show(row));
  show(row);
}
