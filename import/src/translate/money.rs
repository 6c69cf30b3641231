//! Prices: from how a database or a person writes them to minor units, exactly or not at all.

/// The most decimals a price is read with: more are the noise of a binary fraction.
const DECIMALS: usize = 6;

/// How many decimals a currency has; all but these have two.
fn decimals(currency: &str) -> usize {
    match currency {
        "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF" | "UGX" | "VND" | "VUV"
        | "XAF" | "XOF" | "XPF" => 0,
        "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
        _ => 2,
    }
}

/// `1234.5` in EUR is 123450.
pub(super) fn minor_units(price: &str, currency: &str) -> Result<u64, String> {
    let wrong = || format!("the price {price:?} is not a number");
    let trimmed = price.trim();
    if trimmed.starts_with('-') {
        return Err(format!("the price {price} is negative"));
    }
    let (whole, fraction) = trimmed.split_once('.').unwrap_or((trimmed, ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) {
        return Err(wrong());
    }
    let wanted = decimals(currency);
    let kept = fraction.get(..DECIMALS).unwrap_or(fraction);
    let (minor, rest) = kept.split_at(wanted.min(kept.len()));
    if rest.bytes().any(|b| b != b'0') {
        return Err(format!("the price {price} has more decimals than {currency}"));
    }
    format!("{whole}{minor:0<wanted$}").parse().map_err(|_| format!("the price {price} is too large"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_exact_or_rejected() {
        for (price, currency, minor) in [
            ("1234.5", "EUR", 123_450),
            ("0", "EUR", 0),
            ("19.9900", "EUR", 1_999),
            ("19.990000000000002", "EUR", 1_999),
            ("1500", "JPY", 1_500),
            ("1500.00", "JPY", 1_500),
            ("1.234", "KWD", 1_234),
            (" 7. ", "EUR", 700),
        ] {
            assert_eq!(minor_units(price, currency), Ok(minor), "{price} {currency}");
        }
        for price in ["", "-1", "1.005", "1e3", "1,5", "abc", "NaN", ".5", "99999999999999999999"] {
            assert!(minor_units(price, "EUR").is_err(), "{price}");
        }
    }
}
