//! Orders, and which changes of their status are allowed.

use serde::{Deserialize, Serialize};
use url::Url;

use crate::{ConversationId, InvalidField, OrderId, Person, SharedId, Time};

/// The status of an order.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum OrderStatus {
    /// The order is placed. Every order starts with this status.
    Pending,
    /// The shop has confirmed the order.
    Confirmed,
    /// The order is done. This status is final.
    Completed,
    /// The order is cancelled. This status is final.
    Cancelled,
}

impl OrderStatus {
    /// Every status, in the order in which the cards show them.
    pub const ALL: [Self; 4] = [Self::Pending, Self::Confirmed, Self::Completed, Self::Cancelled];

    /// Returns true if an admin may change the status from `self` to `to`.
    pub fn may_become(self, to: Self) -> bool {
        use OrderStatus::{Cancelled, Completed, Confirmed, Pending};
        matches!((self, to), (Pending, Confirmed) | (Confirmed, Completed) | (Pending | Confirmed, Cancelled))
    }

    /// Returns true if the status is final.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Completed | Self::Cancelled)
    }

    /// The status as it is sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Confirmed => "confirmed",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
        }
    }
}

/// One line of an order.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Item {
    /// The shop's article number, at most 64 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "describe", ts(optional), schemars(length(min = 1, max = 64), regex(pattern = crate::TEXT_PATTERN)))]
    pub sku: Option<String>,
    /// The title, 1 to 200 characters.
    #[cfg_attr(feature = "describe", schemars(length(min = 1, max = 200), regex(pattern = crate::TEXT_PATTERN)))]
    pub title: String,
    /// The quantity, 1 to 10,000.
    #[cfg_attr(feature = "describe", schemars(range(min = 1, max = 10_000)))]
    pub quantity: u32,
    /// The price of one, in minor units of the order's currency (cents): 0 or more, below 2^53.
    #[cfg_attr(feature = "describe", schemars(range(max = 9_007_199_254_740_991u64)))]
    pub unit_price: u64,
    /// An https URL of at most 2,048 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "describe",
        ts(optional),
        schemars(
            length(max = 2_048),
            regex(pattern = r"^https://[^\s/?#:@\\\u0000-\u001f\u007f-\u009f][^\s\\\u0000-\u001f\u007f-\u009f]*$")
        )
    )]
    pub image_url: Option<String>,
}

/// An order in its current state.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Order {
    /// The order's id, `ord_X`.
    pub id: OrderId,
    /// The customer's user id.
    pub customer_id: String,
    /// The customer's name when the order was placed.
    pub customer_name: String,
    /// The items, 1 to 100.
    pub items: Vec<Item>,
    /// Sum of quantity × unit price, in minor units, below 2^53.
    pub total: u64,
    /// ISO 4217, such as `EUR`.
    pub currency: String,
    /// The order's status.
    pub status: OrderStatus,
    /// The customer's note, at most 1,000 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "describe", ts(optional))]
    pub note: Option<String>,
    /// When the order was placed.
    pub created_at: Time,
    /// When the status last changed, or when the order was placed.
    pub updated_at: Time,
    /// The conversation's id, `cnv_X` with the order's X.
    pub conversation_id: ConversationId,
}

/// The fields of an order that lists and the header of its conversation show.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "describe", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "describe", ts(rename = "OrderSummary"), schemars(rename = "OrderSummary"))]
pub struct Summary {
    /// The order's id, `ord_X`.
    pub id: OrderId,
    /// The first item's title, with the number of further items.
    pub title: String,
    /// The first image URL that is short enough to store in the head.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "describe", ts(optional))]
    pub image_url: Option<String>,
    /// The total in minor units of the currency.
    pub total: u64,
    /// The currency as an ISO 4217 code.
    pub currency: String,
    /// The order's status.
    pub status: OrderStatus,
    /// When the order was placed.
    pub created_at: Time,
}

/// The longest image URL, in bytes, that the conversation's head stores. A longer URL is stored in
/// the order only. The head is written with every message, and its writes cost by the started KB.
const MAX_SUMMARY_IMAGE_BYTES: usize = 256;

/// JavaScript represents integers below this exactly.
const MAX_TOTAL: u64 = 1 << 53;

/// A validated order that is not placed yet.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NewOrder {
    items: Vec<Item>,
    currency: String,
    note: Option<String>,
    total: u64,
}

impl NewOrder {
    /// Validates an order and computes its total. Returns an error that names the invalid field.
    pub fn new(items: Vec<Item>, currency: String, note: Option<String>) -> Result<Self, InvalidField> {
        if items.is_empty() || items.len() > 100 {
            return Err(InvalidField::new("items", "must have 1 to 100 entries"));
        }
        let mut total: u64 = 0;
        for (index, item) in items.iter().enumerate() {
            let field = |name: &str| format!("items[{index}].{name}");
            check_item(item, &field)?;
            total = u64::from(item.quantity)
                .checked_mul(item.unit_price)
                .and_then(|price| total.checked_add(price))
                .filter(|sum| *sum < MAX_TOTAL)
                .ok_or_else(|| {
                    InvalidField::new(field("unitPrice"), "is too high: the order's total must be below 2^53")
                })?;
        }
        if currency.len() != 3 || !currency.bytes().all(|b| b.is_ascii_uppercase()) {
            return Err(InvalidField::new("currency", "must be an ISO 4217 code such as EUR"));
        }
        if let Some(note) = &note {
            check_text("note", note, 1_000)?;
        }
        Ok(Self { items, currency, note, total })
    }

    /// The order that `customer` places at `now`.
    pub fn place(self, shared_id: &SharedId, customer: &Person, now: Time) -> Order {
        Order {
            id: shared_id.order_id(),
            customer_id: customer.user_id.clone(),
            customer_name: customer.name.clone(),
            items: self.items,
            total: self.total,
            currency: self.currency,
            status: OrderStatus::Pending,
            note: self.note,
            created_at: now,
            updated_at: now,
            conversation_id: shared_id.conversation_id(),
        }
    }
}

fn check_item(item: &Item, field: &dyn Fn(&str) -> String) -> Result<(), InvalidField> {
    if let Some(sku) = &item.sku {
        check_text(&field("sku"), sku, 64)?;
    }
    check_text(&field("title"), &item.title, 200)?;
    if !(1..=10_000).contains(&item.quantity) {
        return Err(InvalidField::new(field("quantity"), "must be 1 to 10,000"));
    }
    if item.unit_price >= MAX_TOTAL {
        return Err(InvalidField::new(field("unitPrice"), "must be below 2^53"));
    }
    if item.image_url.as_ref().is_some_and(|url| url.chars().count() > 2_048 || !is_image_url(url)) {
        let problem = "must be an https URL of at most 2,048 characters, with a host and without a user name";
        return Err(InvalidField::new(field("imageUrl"), problem));
    }
    Ok(())
}

/// Returns true for a valid https URL with a host and without a user name. Browsers repair many
/// invalid URLs, for example backslashes, white space, or a missing host. Such URLs are refused,
/// because the repaired URL could lead to another host.
fn is_image_url(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("https://") else { return false };
    let has_host = !rest.starts_with(['/', '\\', '?', '#', ':', '@']);
    let is_clean = !text.contains(|c: char| c.is_control() || c.is_whitespace() || c == '\\');
    has_host && is_clean && Url::parse(text).is_ok_and(|url| url.username().is_empty() && url.password().is_none())
}

fn check_text(field: &str, text: &str, most: usize) -> Result<(), InvalidField> {
    if text.chars().count() > most {
        return Err(InvalidField::new(field, format!("must have at most {most} characters")));
    }
    if text.chars().all(char::is_whitespace) {
        return Err(InvalidField::new(field, "must not be empty"));
    }
    if text.chars().any(|c| c.is_control() && c != '\t' && c != '\n') {
        return Err(InvalidField::new(field, "must not have control characters other than tab and newline"));
    }
    Ok(())
}

impl Order {
    /// The approximate size of the order's texts, in bytes.
    pub fn approximate_bytes(&self) -> usize {
        let length = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        let items = self.items.iter().map(|item| 64 + item.title.len() + length(&item.sku) + length(&item.image_url));
        length(&self.note) + items.sum::<usize>()
    }

    /// The summary that the conversation stores.
    pub fn summary(&self) -> Summary {
        let first = self.items.first().map(|item| item.title.clone()).unwrap_or_default();
        let title = match self.items.len() {
            0 | 1 => first,
            n => format!("{first} and {} more", n - 1),
        };
        let image_url = self
            .items
            .iter()
            .filter_map(|item| item.image_url.as_ref())
            .find(|url| url.len() <= MAX_SUMMARY_IMAGE_BYTES)
            .cloned();
        Summary {
            id: self.id.clone(),
            title,
            image_url,
            total: self.total,
            currency: self.currency.clone(),
            status: self.status,
            created_at: self.created_at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item() -> Item {
        Item { sku: None, title: "Lamp".to_owned(), quantity: 2, unit_price: 1_250, image_url: None }
    }

    fn problem(item: Item) -> String {
        NewOrder::new(vec![item], "EUR".to_owned(), None).unwrap_err().to_string()
    }

    #[test]
    fn totals_add_up() {
        let order = NewOrder::new(vec![item(), item()], "EUR".to_owned(), None).unwrap();
        assert_eq!(order.total, 5_000);
    }

    #[test]
    fn errors_name_the_field() {
        assert!(problem(Item { quantity: 0, ..item() }).starts_with("items[0].quantity:"));
        assert!(problem(Item { title: " ".to_owned(), ..item() }).starts_with("items[0].title:"));
        assert!(problem(Item { unit_price: 1 << 53, ..item() }).starts_with("items[0].unitPrice:"));
        assert!(problem(Item { unit_price: (1 << 53) - 1, ..item() }).starts_with("items[0].unitPrice:"));
        for url in ["http://a.b", "https://", "https:///x", "javascript:alert(1)", "https://a b"]
            .into_iter()
            .chain(["https://?x", "https://#x", "https://:443", "https://:443/x", "https://@/x", "https://a@b/x"])
            .chain([
                "https://a:b@c/",
                "https://:b@c/",
                "https:\\\\a/x",
                "https://\\a/x",
                "https://a\\x",
                "https:a",
                "HTTPS://a",
            ])
            .chain([
                "https://a:b/",
                "https://a:65536/",
                "https://a:-1/",
                "https://[::1/x",
                "https://[x]/",
                "https://1.2.3.256/",
            ])
            .chain([
                "https://a\tb/",
                "https://a/\n",
                "https://a/\u{7f}",
                "https://a/\u{2028}x",
                "https://a%00b/",
                "https://a<b/",
            ])
            .chain(["https://xn--/", "https://\u{ad}/", " https://a/", "https://a/ "])
        {
            assert!(problem(Item { image_url: Some(url.to_owned()), ..item() }).starts_with("items[0].imageUrl:"));
        }
        for url in ["https://a", "https://a/?x#y", "https://a?x", "https://a:8443/x", "https://bücher.example/ä.jpg"]
            .into_iter()
            .chain(["https://[::1]:1/x", "https://127.0.0.1/", "https://a/@b:c", "https://a/x?u=https://b@c"])
        {
            let item = Item { image_url: Some(url.to_owned()), ..item() };
            assert!(NewOrder::new(vec![item], "EUR".to_owned(), None).is_ok(), "{url}");
        }
        assert!(NewOrder::new(vec![], "EUR".to_owned(), None).is_err());
        assert!(NewOrder::new(vec![item(); 101], "EUR".to_owned(), None).is_err());
        assert!(NewOrder::new(vec![item()], "eur".to_owned(), None).is_err());
    }

    #[test]
    fn only_documented_transitions_are_allowed() {
        use OrderStatus::{Cancelled, Completed, Confirmed, Pending};
        let allowed = [(Pending, Confirmed), (Confirmed, Completed), (Pending, Cancelled), (Confirmed, Cancelled)];
        for from in OrderStatus::ALL {
            for to in OrderStatus::ALL {
                assert_eq!(from.may_become(to), allowed.contains(&(from, to)), "{from:?} → {to:?}");
            }
            assert_eq!(from.is_final(), OrderStatus::ALL.iter().all(|to| !from.may_become(*to)), "{from:?}");
        }
    }
}
