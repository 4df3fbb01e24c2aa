// The form of the price page: what is filled in becomes the lines for pricing.json.
const form = document.querySelector("[data-prices]");
const lines = document.getElementById("price-lines");
const amount = (text) => {
  const plain = text.trim().replace(",", ".");
  return /^(\d+\.?\d*|\.\d+)$/.test(plain) ? plain.replace(/^\./, "0.").replace(/\.$/, "") : null;
};
if (form && lines) {
  const empty = lines.textContent;
  const update = () => {
    const models = {};
    for (const set of form.querySelectorAll("[data-model]")) {
      const rates = {};
      for (const field of set.querySelectorAll("input")) {
        const given = amount(field.value);
        if (given !== null) rates[field.name] = given;
        field.setAttribute("aria-invalid", String(field.value.trim() !== "" && given === null));
      }
      if (Object.keys(rates).length > 0) models[JSON.parse(set.dataset.model)] = [rates];
    }
    const file = { version: "2.0", date: form.dataset.prices, models };
    lines.textContent = Object.keys(models).length > 0 ? JSON.stringify(file, null, 2) + "\n" : empty;
  };
  form.hidden = false;
  form.addEventListener("input", update);
  form.addEventListener("submit", (event) => event.preventDefault());
  update();
}
