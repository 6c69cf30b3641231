//! Fills in the placeholders of a canned response.

use domain::{Head, Person};

/// The text for one conversation. What is no placeholder stays as it is.
pub(crate) fn fill_in(body: &str, head: &Head, admin: &Person) -> String {
    let mut filled = String::with_capacity(body.len());
    let mut rest = body;
    while let Some((before, after)) = rest.split_once("{{") {
        filled.push_str(before);
        let value = after.split_once("}}").and_then(|(name, behind)| Some((value(name.trim(), head, admin)?, behind)));
        if let Some((value, behind)) = value {
            filled.push_str(&value);
            rest = behind;
        } else {
            filled.push_str("{{");
            rest = after;
        }
    }
    filled.push_str(rest);
    filled
}

fn value(name: &str, head: &Head, admin: &Person) -> Option<String> {
    Some(match name {
        "customer.name" => head.customer_name.clone(),
        "order.number" => domain::order_number(&head.order.id),
        "order.status" => head.order.status.as_str().to_owned(),
        "order.total" => amount(head.order.total, &head.order.currency),
        "admin.name" => admin.name.clone(),
        _ => return None,
    })
}

/// An amount in minor units, as in `25.00 EUR`.
fn amount(minor: u64, currency: &str) -> String {
    let digits = minor_digits(currency);
    if digits == 0 {
        return format!("{minor} {currency}");
    }
    let unit = 10u64.pow(digits);
    format!("{}.{:0width$} {currency}", minor / unit, minor % unit, width = digits as usize)
}

/// How many digits the minor unit of a currency has, by ISO 4217.
fn minor_digits(currency: &str) -> u32 {
    match currency {
        "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF" | "UGX" | "UYI" | "VND"
        | "VUV" | "XAF" | "XOF" | "XPF" => 0,
        "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
        "CLF" | "UYW" => 4,
        _ => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_the_digits_of_their_currency() {
        for (minor, currency, expected) in [
            (2_500, "EUR", "25.00 EUR"),
            (5, "USD", "0.05 USD"),
            (2_500, "JPY", "2500 JPY"),
            (2_500, "KWD", "2.500 KWD"),
            (2_500, "CLF", "0.2500 CLF"),
        ] {
            assert_eq!(amount(minor, currency), expected);
        }
    }
}
