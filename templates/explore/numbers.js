// Numbers and amounts as people read them: the forms of `site/src/locale/numbers.rs`. One table of cases,
// `templates/messages/numbers.json`, tests both. Counts and amounts are BigInt, so nothing is lost on the way.

const group = (digits) => digits.replace(/\B(?=(\d{3})+$)/g, ",");

// A whole count with separators.
export const grouped = (count) => group(String(count));

const threeDigits = (count, unit) => {
  for (const decimals of [2, 1, 0]) {
    const scale = 10n ** BigInt(decimals);
    const scaled = (count * scale * 2n + unit) / (unit * 2n);
    if (decimals && scaled >= 1000n) continue;
    const whole = grouped(scaled / scale);
    return decimals ? whole + "." + String(scaled % scale).padStart(decimals, "0") : whole;
  }
};

// A count with three significant digits, in units as [value, sign], the smallest first.
export const short = (count, units) => {
  let text = grouped(count);
  let before = 1n;
  for (const [value, sign] of units) {
    const unit = BigInt(value);
    const rounded = (count * 2n + before) / (before * 2n);
    if (rounded * before < unit) break;
    text = threeDigits(count, unit) + sign;
    before = unit;
  }
  return text;
};

// Amounts are whole numbers of 10^-12 dollars.
const PICOS = 1000000000000n;

const round = (picos, digits) => {
  const unit = 10n ** BigInt(12 - digits);
  return (picos + unit / 2n) / unit;
};

// `$0.42`, `$84.31`, `$1,284`; what is there and rounds to nothing is `<$0.01`.
export const dollars = (picos) => {
  const size = picos < 0n ? -picos : picos;
  const cents = round(size, 2);
  if (!cents && picos > 0n) return "<$0.01";
  const sign = picos < 0n && cents ? "-" : "";
  if (cents < 100000n) return `${sign}$${cents / 100n}.${String(cents % 100n).padStart(2, "0")}`;
  return `${sign}$${grouped(round(size, 0))}`;
};

// An amount without rounding, as the data has it.
export const decimal = (picos) => {
  const size = picos < 0n ? -picos : picos;
  const rest = String(size % PICOS).padStart(12, "0").replace(/0+$/, "");
  return (picos < 0n ? "-" : "") + size / PICOS + (rest && "." + rest);
};

// A decimal text as millionths and the 10^-12 left over: both add up exactly as plain numbers, for thousands of
// rows without one BigInt.
export const split = (text) => {
  const sign = text[0] === "-" ? -1 : 1;
  const [whole, part = ""] = text.replace("-", "").split(".");
  const digits = part.padEnd(12, "0");
  return [sign * (Number(whole) * 1e6 + Number(digits.slice(0, 6))), sign * Number(digits.slice(6, 12))];
};

export const joined = (millionths, rest) => BigInt(millionths) * 1000000n + BigInt(rest);

// A share: under ten percent with one decimal; only all of it is 100%.
export const percent = (part, whole) => {
  if (!whole) return "0%";
  const tenths = (part * 2000n + whole) / (whole * 2n);
  if (!tenths && part) return "<0.1%";
  if (tenths < 100n) return `${tenths / 10n}.${tenths % 10n}%`;
  if (part >= whole) return `${(part * 100n) / whole}%`;
  const full = (part * 200n + whole) / (whole * 2n);
  return `${full < 99n ? full : 99n}%`;
};

// A text with its parts; one pass, so that a part that looks like a place is left as it is.
export const fill = (pattern, parts) =>
  (pattern ?? "").replace(/\{(\w+)\}/g, (whole, name) => parts?.[name] ?? whole);

// `▲ 12%`, `new`, `12× as much`; empty if both are nothing.
export const change = (now, before, words) => {
  if (now === before) return now ? words["change-none"] : "";
  if (!before) return words["change-new"];
  if (now / before >= 11n) return fill(words["change-times"], { times: grouped(now / before) });
  return now > before ? "▲ " + percent(now - before, before) : "▼ " + percent(before - now, before);
};
