//! The search for orders by number, customer name or item title.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::canonical_combining_class;

use crate::{InvalidField, Order, OrderId};

/// A search. An order matches if each word is contained in its number, in its customer's name or in
/// the title of an item. Case and accents do not matter.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Search {
    words: Vec<String>,
}

impl Search {
    /// The allowed length of a search, in Unicode characters.
    pub const CHARS: std::ops::RangeInclusive<usize> = 2..=100;

    /// Validates `text` and splits it into words.
    pub fn new(text: &str) -> Result<Self, InvalidField> {
        let words: Vec<String> = text.split_whitespace().map(fold).filter(|word| !word.is_empty()).collect();
        if !Self::CHARS.contains(&text.chars().count()) || words.is_empty() {
            return Err(InvalidField::new("q", "must have 2 to 100 characters and not only white space"));
        }
        Ok(Self { words })
    }

    /// Returns true if `order` matches. `customer_name` is the customer's current name, which can
    /// differ from the name in the order.
    pub fn matches(&self, order: &Order, customer_name: &str) -> bool {
        let titles = order.items.iter().map(|item| fold(&item.title));
        let texts: Vec<String> =
            [fold(&order_number(&order.id)), fold(customer_name)].into_iter().chain(titles).collect();
        self.words.iter().all(|word| texts.iter().any(|text| text.contains(word)) || *word == order.id.to_string())
    }
}

/// The length of an order's number, in characters.
const NUMBER_CHARS: usize = 6;

/// The order number that people see: `#` and the end of the id.
pub fn order_number(id: &OrderId) -> String {
    let id = id.to_string();
    format!("#{}", &id[id.len() - NUMBER_CHARS..])
}

/// Returns the same text for all texts that differ only in case or accents. The conversion to upper
/// case and back turns ß into ss, and ς into σ.
fn fold(text: &str) -> String {
    let upper = text.nfkd().flat_map(char::to_lowercase).flat_map(char::to_uppercase);
    let lower: String = upper.flat_map(char::to_lowercase).collect();
    lower.nfkd().filter(|c| canonical_combining_class(*c) == 0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Item, NewOrder, Person, Role, SharedId, Time};
    use proptest::prelude::*;

    fn order(titles: &[&str]) -> Order {
        let item =
            |title: &&str| Item { sku: None, title: (*title).to_owned(), quantity: 1, unit_price: 1, image_url: None };
        let new = NewOrder::new(titles.iter().map(item).collect(), "EUR".to_owned(), None).unwrap();
        let customer = Person { user_id: "c".to_owned(), role: Role::Customer, name: "C".to_owned() };
        new.place(&SharedId::from_random([7; 16]), &customer, Time::from_millis(0).unwrap())
    }

    fn found(q: &str, titles: &[&str], name: &str) -> bool {
        Search::new(q).unwrap().matches(&order(titles), name)
    }

    #[test]
    fn case_and_accents_do_not_matter() {
        for (q, text) in [
            ("jose", "José Álvarez"),
            ("ÁLVAREZ", "Jose Alvarez"),
            ("strasse", "Große Straße"),
            ("STRAẞE", "strasse"),
            ("οδος", "ΟΔΌΣ"),
            ("istanbul", "İstanbul"),
            ("fin", "ﬁnal"),
            ("e\u{301}t", "ÉTÉ"),
            ("лампа", "ЛАМПА"),
            ("ランプ", "卓上ランプ"),
        ] {
            assert!(found(q, &[text], "x"), "{q} in the title {text}");
            assert!(found(q, &["x"], text), "{q} in the name {text}");
        }
        assert!(!found("lamb", &["Lamp"], "Ada"));
    }

    #[test]
    fn every_word_is_searched_in_every_text() {
        let titles = ["Desk lamp", "Green chair"];
        assert!(found("chair lovelace", &titles, "Ada Lovelace"));
        assert!(found("  green\tdesk ", &titles, "Ada"));
        assert!(!found("chair grace", &titles, "Ada"));
        // A word does not reach from one text into the next.
        assert!(!found("lampgreen", &titles, "Ada"));
    }

    #[test]
    fn an_order_is_found_by_the_number_that_the_pages_show() {
        let id = order(&["x"]).id.to_string();
        let end = &id[id.len() - 6..];
        for q in [end.to_owned(), end.to_uppercase(), format!("#{end}"), end[2..].to_owned(), id.clone()] {
            assert!(found(&q, &["?"], "?"), "{q}");
        }
        assert!(!found(&id[4..12], &["?"], "?"), "the beginning of the id is not shown to people");
    }

    #[test]
    fn the_length_is_limited() {
        for bad in ["", "x", "   ", "\u{301}\u{301}", &"x".repeat(101)] {
            assert_eq!(Search::new(bad).unwrap_err().field, "q", "{bad:?}");
        }
        for good in ["xx", "ÅÅ", &"x".repeat(100)] {
            assert!(Search::new(good).is_ok(), "{good:?}");
        }
    }

    proptest! {
        /// Any part of a name finds the order.
        #[test]
        fn a_part_is_found(text in "\\PC{2,40}", from in 0usize..40, to in 0usize..40) {
            let chars: Vec<char> = text.chars().collect();
            let (from, to) = (from.min(chars.len()), to.min(chars.len()));
            let part: String = chars[from.min(to)..from.max(to)].iter().collect();
            if let Ok(search) = Search::new(&part) {
                prop_assert!(search.matches(&order(&["x"]), &text));
            }
        }
    }
}
