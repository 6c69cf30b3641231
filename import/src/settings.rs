//! The configuration file: how the old system's rows are read. Every setting has a default.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, anyhow, ensure};
use domain::{OrderStatus, Person, Role};
use jiff::tz::TimeZone;
use serde::Deserialize;

/// The configuration file as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Part of every id: with another namespace, the same old id becomes another order.
    namespace: Option<String>,
    /// How a user's key becomes the `sub` of their tokens; `{id}` stands for the key.
    user_id: Option<String>,
    /// The currency of orders that have none of their own (ISO 4217).
    currency: Option<String>,
    /// The time zone of times that name none, such as `Europe/Rome`.
    time_zone: Option<String>,
    /// What is put before an order's note; `{number}` stands for the old order number.
    note: Option<String>,
    /// The address that is put before pictures that are only paths.
    images: Option<String>,
    /// The price of items that have none. Without it their orders are refused.
    missing_price: Option<String>,
    /// The sender of the shop's messages if the old system does not name one.
    shop: Shop,
    /// Maps the old system's order statuses to ours.
    statuses: BTreeMap<String, OrderStatus>,
    /// For each table, by our name for it: its name in the old database and the names of its
    /// columns.
    tables: BTreeMap<String, BTreeMap<String, String>>,
}

#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Shop {
    user_id: String,
    name: String,
}

impl Default for Shop {
    fn default() -> Self {
        Self { user_id: "shop".to_owned(), name: "Shop".to_owned() }
    }
}

/// How rows are translated; the fields are explained at [`Settings`].
#[derive(Clone, Debug)]
pub struct Rules {
    /// Part of every id.
    pub namespace: String,
    /// Pattern of a user id; `{id}` stands for the user's key.
    pub user_id: String,
    /// The currency of orders that have none of their own.
    pub currency: String,
    /// The time zone of times that name none.
    pub time_zone: TimeZone,
    /// Pattern that is put before a note; `{number}` stands for the old order number.
    pub note: String,
    /// The address that is put before pictures that are only paths.
    pub images: Option<String>,
    /// The price of items that have none.
    pub missing_price: Option<String>,
    /// The sender of the shop's messages if the old system does not name one.
    pub shop: Person,
    /// Maps the old system's order statuses to ours.
    pub statuses: BTreeMap<String, OrderStatus>,
}

/// The configured names by table and column, each by our name for it.
pub type Names = BTreeMap<String, BTreeMap<String, String>>;

impl Settings {
    /// Reads the file; without a path all settings have their defaults. Fails if the file cannot be
    /// read, or has an unknown setting or a value of the wrong type.
    pub fn read(path: Option<&Path>) -> Result<Self> {
        let Some(path) = path else { return Ok(Self::default()) };
        let text = std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
        toml::from_str(&text).with_context(|| format!("{} is not a valid configuration file", path.display()))
    }

    /// Splits the settings into the rules for rows and the names of tables and columns. Fails with
    /// the first invalid value.
    pub fn split(self) -> Result<(Rules, Names)> {
        let rules = Rules {
            namespace: self.namespace.unwrap_or_else(|| "shop".to_owned()),
            user_id: self.user_id.unwrap_or_else(|| "{id}".to_owned()),
            currency: self.currency.unwrap_or_else(|| "EUR".to_owned()),
            time_zone: self.time_zone.as_deref().map_or(Ok(TimeZone::UTC), zone)?,
            note: self.note.unwrap_or_else(|| "No. {number}".to_owned()),
            images: self.images,
            missing_price: self.missing_price,
            shop: Person { user_id: self.shop.user_id, role: Role::Admin, name: domain::cut_name(self.shop.name) },
            statuses: self.statuses,
        };
        ensure!(
            rules.user_id.contains("{id}"),
            "user_id must contain {{id}}: without it all users would have the same id"
        );
        let currency = &rules.currency;
        ensure!(
            currency.len() == 3 && currency.bytes().all(|b| b.is_ascii_uppercase()),
            "currency must be an ISO 4217 code, such as EUR"
        );
        ensure!(
            !rules.shop.user_id.is_empty() && rules.shop.user_id != "system",
            "shop.user_id must not be empty or \"system\""
        );
        ensure!(!rules.shop.name.trim().is_empty(), "shop.name must not be empty");
        Ok((rules, self.tables))
    }
}

fn zone(name: &str) -> Result<TimeZone> {
    TimeZone::get(name).map_err(|_| anyhow!("time_zone {name:?} is unknown: use an IANA name such as Europe/Rome"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invalid_configuration_names_the_problem() {
        let split = |text: &str| toml::from_str::<Settings>(text).map_err(anyhow::Error::from)?.split();
        assert!(split("").is_ok());
        let (rules, names) =
            split("[statuses]\n\"on hold\" = \"pending\"\n[tables.sales]\ntable = \"orders\"").unwrap();
        assert_eq!(rules.statuses["on hold"], OrderStatus::Pending);
        assert_eq!(names["sales"]["table"], "orders");
        for wrong in [
            "user_id = \"x\"",
            "currency = \"euro\"",
            "nonsense = 1",
            "time_zone = \"Europe/Romulus\"",
            "[statuses]\na = \"lost\"",
            "[shop]\nname = \"\"",
        ] {
            assert!(split(wrong).is_err(), "{wrong}");
        }
    }
}
