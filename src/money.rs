//! Amounts as people read them, in the currency that they asked for.

use clap::Args;
use data_schema::Money;
use data_schema::settings::SharedSettings;
use pricing::{PriceBook, currency_code};
use summarizer::{Exchange, Exchanged};

use crate::outcome::Failure;
use crate::output::{grouped, note};

/// The option of all verbs that show amounts.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct InCurrency {
    /// Currency to show amounts in, such as EUR [default: `currency` of token-matters.yaml, else USD]
    #[arg(long = "currency", value_name = "CODE")]
    pub(crate) code: Option<String>,
}

/// How amounts are shown.
pub(crate) struct Shown<'b> {
    exchange: Exchange<'b>,
}

impl<'b> Shown<'b> {
    /// In the currency of the option, else that of the shared settings, else USD. A currency without a rate is told,
    /// and amounts stay in USD.
    pub(crate) fn new(
        book: &'b PriceBook,
        asked: &InCurrency,
        settings: &SharedSettings,
    ) -> Result<Self, Failure> {
        let code = match (&asked.code, &settings.currency) {
            (Some(code), _) => currency_code(Some(code)).map_err(|_| {
                Failure::Usage(format!(
                    "--currency: `{code}` is no code of three letters, such as EUR"
                ))
            })?,
            (None, Some(code)) => currency_code(Some(code)).unwrap_or_else(|reason| {
                note(&format!("warning: token-matters.yaml: {reason}; amounts are in USD"));
                "USD".to_owned()
            }),
            (None, None) => "USD".to_owned(),
        };
        let exchange = Exchange::to(book, &code).unwrap_or_else(|| {
            note(&format!(
                "warning: there is no exchange rate for {code}, so that amounts are in USD; add it to `exchangeRates` of your pricing.json: {{\"{code}\": [{{\"usd\": \"1.10\"}}]}}"
            ));
            Exchange::usd(book)
        });
        Ok(Self { exchange })
    }

    /// The way to the currency: what sums are made with.
    pub(crate) fn exchange(&self) -> &Exchange<'b> {
        &self.exchange
    }

    /// The currency's ISO 4217 code.
    pub(crate) fn code(&self) -> &str {
        self.exchange.code()
    }

    /// With its sign, rounded once: `$1,234.50`, `¥1,235`, `CHF 12.30`, `<$0.01`.
    pub(crate) fn text(&self, amount: Exchanged) -> String {
        text(amount.amount(), self.code())
    }
}

/// An amount with the sign of its currency.
pub(crate) fn text(amount: Money, code: &str) -> String {
    let (minus, amount) = apart(amount);
    let number = number(amount, code);
    let (less, number) = number.strip_prefix('<').map_or(("", &*number), |rest| ("<", rest));
    let sign = sign(code).map_or_else(|| format!("{code} "), str::to_owned);
    format!("{less}{minus}{sign}{number}")
}

/// The number alone, with as many digits as the currency has coins for.
pub(crate) fn number(amount: Money, code: &str) -> String {
    let (minus, amount) = apart(amount);
    let digits = digits(code);
    let rounded = amount.rounded(digits);
    let is_nothing = rounded.bytes().all(|byte| matches!(byte, b'0' | b'.'));
    if is_nothing && amount > Money::ZERO {
        let smallest = match digits {
            0 => "1".to_owned(),
            digits => format!("0.{:0>digits$}", 1),
        };
        return format!("<{minus}{smallest}");
    }
    let (whole, rest) = rounded.split_once('.').unwrap_or((&rounded, ""));
    let whole = whole.parse().map_or_else(|_| whole.to_owned(), grouped);
    let minus = if is_nothing { "" } else { minus };
    if rest.is_empty() { format!("{minus}{whole}") } else { format!("{minus}{whole}.{rest}") }
}

fn apart(amount: Money) -> (&'static str, Money) {
    if amount < Money::ZERO { ("-", Money::ZERO - amount) } else { ("", amount) }
}

/// Signs that mean one currency to everybody who uses it; others are shown by their code.
fn sign(code: &str) -> Option<&'static str> {
    Some(match code {
        "USD" => "$",
        "EUR" => "€",
        "GBP" => "£",
        "JPY" => "¥",
        "CNY" => "CN¥",
        "INR" => "₹",
        "KRW" => "₩",
        "BRL" => "R$",
        _ => return None,
    })
}

/// Digits behind the point: the minor units of ISO 4217, list one
/// (<https://www.six-group.com/en/products-services/financial-information/market-reference-data/data-standards.html>).
fn digits(code: &str) -> usize {
    match code {
        "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF" | "UGX"
        | "UYI" | "VND" | "VUV" | "XAF" | "XOF" | "XPF" => 0,
        "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
        _ => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn amount(text: &str) -> Money {
        text.parse().unwrap()
    }

    #[test]
    fn amounts_have_the_sign_and_the_digits_of_their_currency() {
        for (number, code, expected) in [
            ("1234.5", "USD", "$1,234.50"),
            ("-1234.5", "EUR", "-€1,234.50"),
            ("1234.5", "JPY", "¥1,235"),
            ("12.3", "CHF", "CHF 12.30"),
            ("1.2345", "KWD", "KWD 1.235"),
            ("0", "USD", "$0.00"),
        ] {
            assert_eq!(text(amount(number), code), expected);
        }
    }

    #[test]
    fn something_is_never_shown_as_nothing() {
        assert_eq!(text(amount("0.004"), "USD"), "<$0.01");
        assert_eq!(number(amount("0.004"), "USD"), "<0.01");
        assert_eq!(text(amount("0.4"), "JPY"), "<¥1");
        assert_eq!(number(amount("0.0001"), "KWD"), "<0.001");
        assert_eq!(number(amount("0.005"), "USD"), "0.01");
    }

    #[test]
    fn an_option_goes_before_the_settings_and_nonsense_is_told() {
        let book = PriceBook::builtin();
        let settings =
            SharedSettings { currency: Some("€".to_owned()), ..SharedSettings::default() };
        let none = InCurrency::default();
        assert_eq!(Shown::new(&book, &none, &settings).unwrap().code(), "USD");
        let wrong = InCurrency { code: Some("--help".to_owned()) };
        assert!(matches!(Shown::new(&book, &wrong, &settings), Err(Failure::Usage(_))));
        let unknown = InCurrency { code: Some("xts".to_owned()) };
        let shown = Shown::new(&book, &unknown, &settings).unwrap();
        assert_eq!(shown.text(shown.exchange().of(amount("2"), book.as_of())), "$2.00");
    }
}
