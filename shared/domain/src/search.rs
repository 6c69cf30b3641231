//! The search for orders by number, customer name or item title, and for messages by their text.

use std::collections::BTreeSet;
use std::ops::Range;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::canonical_combining_class;

use crate::{InvalidField, Order, OrderId};

/// A search. An order matches if each word is contained in its number, in its customer's name or in
/// the title of an item; a message if each word is contained in its text. Case and accents do not
/// matter.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Search {
    words: Vec<String>,
}

impl Search {
    /// The allowed length of a search, in Unicode characters.
    pub const CHARS: std::ops::RangeInclusive<usize> = 2..=100;

    /// So many places of words are named in a text.
    pub const MAX_PLACES: usize = 100;

    /// Validates `text` and splits it into words.
    pub fn new(text: &str) -> Result<Self, InvalidField> {
        let words = text.split_whitespace().map(fold).filter(|word| !word.is_empty());
        let words: Vec<String> = words.collect::<BTreeSet<_>>().into_iter().collect();
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

    /// Where the words are in `text`, in UTF-16 code units, in order and without overlaps; `None` if a
    /// word is not contained in it. At most [`Self::MAX_PLACES`].
    pub fn places_in(&self, text: &str) -> Option<Vec<Range<usize>>> {
        let folded = fold(text);
        if !self.words.iter().all(|word| folded.contains(word)) {
            return None;
        }
        let found = self.words.iter().flat_map(|word| folded.match_indices(word.as_str()));
        let mut found = joined(found.map(|(from, found)| from..from + found.len()).collect());
        found.truncate(Self::MAX_PLACES);
        let characters = characters(text);
        let in_text = |found: Range<usize>| {
            let first = characters.partition_point(|it| it.folded.end <= found.start);
            let behind = characters.partition_point(|it| it.folded.start < found.end);
            characters[first].utf16.start..characters[behind - 1].utf16.end
        };
        Some(joined(found.into_iter().map(in_text).collect()))
    }
}

/// The ranges in order. Those that overlap or touch become one.
fn joined(mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    ranges.sort_by_key(|range| range.start);
    ranges.dedup_by(|next, range| {
        let touches = next.start <= range.end;
        if touches {
            range.end = range.end.max(next.end);
        }
        touches
    });
    ranges
}

/// A character of a text with the marks that follow it.
struct Character {
    /// Where it is in the folded text, in bytes.
    folded: Range<usize>,
    /// Where it is in the text, in UTF-16 code units.
    utf16: Range<usize>,
}

fn characters(text: &str) -> Vec<Character> {
    let mut characters: Vec<Character> = Vec::new();
    let (mut bytes, mut units) = (0, 0);
    for c in text.chars() {
        let (from, length) = (units, fold(c.encode_utf8(&mut [0; 4])).len());
        units += c.len_utf16();
        match characters.last_mut() {
            Some(last) if length == 0 => last.utf16.end = units,
            _ => characters.push(Character { folded: bytes..bytes + length, utf16: from..units }),
        }
        bytes += length;
    }
    characters
}

/// The length of an order's number, in characters.
const NUMBER_CHARS: usize = 6;

/// The order number that people see: `#` and the end of the id.
pub fn order_number(id: &OrderId) -> String {
    let id = id.to_string();
    format!("#{}", &id[id.len() - NUMBER_CHARS..])
}

/// Returns the same text for all texts that differ only in case, accents, the kind of quotation marks or
/// invisible characters. The conversion to upper case and back turns ß into ss, and ς into σ.
fn fold(text: &str) -> String {
    let upper = text.nfkd().flat_map(char::to_lowercase).flat_map(char::to_uppercase);
    let lower: String = upper.flat_map(char::to_lowercase).collect();
    lower.nfkd().filter(|c| canonical_combining_class(*c) == 0).filter_map(plain).collect()
}

/// Phones write curly quotation marks, and add a variation selector to emoji.
fn plain(c: char) -> Option<char> {
    match c {
        '\u{2018}' | '\u{2019}' => Some('\''),
        '\u{201c}' | '\u{201d}' => Some('"'),
        // Soft hyphen, zero-width space, variation selector.
        '\u{ad}' | '\u{200b}' | '\u{fe0f}' => None,
        _ => Some(c),
    }
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

    fn places(q: &str, text: &str) -> Option<Vec<String>> {
        let units: Vec<u16> = text.encode_utf16().collect();
        let places = Search::new(q).unwrap().places_in(text)?;
        Some(places.into_iter().map(|place| String::from_utf16(&units[place]).unwrap()).collect())
    }

    #[test]
    fn the_places_of_the_words_are_found() {
        for (q, text, expected) in [
            ("jose", "Is José there? JOSE!", &["José", "JOSE"] as &[_]),
            ("strasse", "Große Straße 3", &["Straße"]),
            ("ss", "Straße", &["ß"]),
            ("de\u{301}j", "De\u{301}\u{323}ja\u{300} vu", &["De\u{301}\u{323}j"]),
            ("lamp desk", "A desk lamp, my desk", &["desk", "lamp", "desk"]),
            ("lam amp", "lamp", &["lamp"]),
            ("fi", "the ﬁnal", &["ﬁ"]),
            ("ちゃ", "😀 お茶、おちゃ", &["ちゃ"]),
            ("한글", "👩‍👩‍👧 한글이다", &["한글"]),
            ("سلام", "سَلَام عليكم", &["سَلَام"]),
            ("don't", "I don’t", &["don’t"]),
            ("❤x", "a ❤️x", &["❤️x"]),
            ("hyphen", "hy\u{ad}phen", &["hy\u{ad}phen"]),
        ] {
            assert_eq!(
                places(q, text).as_deref(),
                Some(expected.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>()).as_deref(),
                "{q} in {text}"
            );
        }
        for (q, text) in [("lamp chair", "A lamp"), ("lamp", "la mp"), ("xx", "")] {
            assert_eq!(places(q, text), None, "{q} in {text}");
        }
    }

    #[test]
    fn a_text_full_of_matches_is_bounded() {
        let many = "a ".repeat(50);
        assert_eq!(places(&many, &"a".repeat(4_000)), Some(vec!["a".repeat(4_000)]));
        assert_eq!(places(&many, &"a\"".repeat(2_000)).unwrap().len(), Search::MAX_PLACES);
    }

    proptest! {
        /// A text is found by any of its words, and what is marked contains the word.
        #[test]
        fn a_word_is_found_where_it_is(text in "\\PC{2,60}") {
            for word in text.split_whitespace() {
                if let Ok(search) = Search::new(word) {
                    let units: Vec<u16> = text.encode_utf16().collect();
                    let places = search.places_in(&text);
                    prop_assert!(places.is_some(), "{word}");
                    let mut end = 0;
                    for place in places.unwrap() {
                        prop_assert!(end <= place.start && place.start < place.end && place.end <= units.len());
                        let marked = String::from_utf16(&units[place.clone()]);
                        prop_assert!(marked.is_ok_and(|marked| fold(&marked).contains(&fold(word))));
                        end = place.end;
                    }
                }
            }
        }

        /// Folding a text is folding each of its characters, so places can be mapped back.
        #[test]
        fn characters_are_folded_one_by_one(text: String) {
            let each: String = text.chars().map(|c| fold(c.encode_utf8(&mut [0; 4]))).collect();
            prop_assert_eq!(each, fold(&text));
        }

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
