//! The configuration: how the old system's rows are to be understood. All of it may be left out.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, anyhow, ensure};
use domain::{OrderStatus, Person, Role};
use jiff::tz::TimeZone;
use serde::Deserialize;

/// The file as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Part of every id: the same old id under another namespace is another order.
    namespace: Option<String>,
    /// How a user's key becomes the `sub` of their tokens: `{id}` is the key.
    user_id: Option<String>,
    /// Of orders that do not say it.
    currency: Option<String>,
    /// Where the clocks were that times without a zone were read from, such as `Europe/Rome`.
    time_zone: Option<String>,
    /// What is put before an order's note: `{number}` is the old number.
    note: Option<String>,
    /// In front of pictures that are paths.
    images: Option<String>,
    /// Of what has no price.
    missing_price: Option<String>,
    /// Who the shop's own messages come from, where the old system does not say it.
    shop: Shop,
    /// What statuses mean.
    statuses: BTreeMap<String, OrderStatus>,
    /// By table of ours, its name there and the names of its columns.
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

/// How rows are translated.
#[derive(Clone, Debug)]
pub struct Rules {
    /// Part of every id.
    pub namespace: String,
    /// `{id}` is the key of a user.
    pub user_id: String,
    /// Of orders that do not say it.
    pub currency: String,
    /// Of times that do not say it.
    pub time_zone: TimeZone,
    /// `{number}` is the old number.
    pub note: String,
    /// In front of pictures that are paths.
    pub images: Option<String>,
    /// Of what has no price.
    pub missing_price: Option<String>,
    /// Who the shop's own messages come from.
    pub shop: Person,
    /// What statuses mean.
    pub statuses: BTreeMap<String, OrderStatus>,
}

/// By table of ours and column of ours, the configured name.
pub type Names = BTreeMap<String, BTreeMap<String, String>>;

impl Settings {
    /// From a file; without one everything is as usual.
    pub fn read(path: Option<&Path>) -> Result<Self> {
        let Some(path) = path else { return Ok(Self::default()) };
        let text = std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
        toml::from_str(&text).with_context(|| format!("{} is not a configuration", path.display()))
    }

    /// What it says of rows, and of names.
    pub fn split(self) -> Result<(Rules, Names)> {
        let rules = Rules {
            namespace: self.namespace.unwrap_or_else(|| "shop".to_owned()),
            user_id: self.user_id.unwrap_or_else(|| "{id}".to_owned()),
            currency: self.currency.unwrap_or_else(|| "EUR".to_owned()),
            time_zone: self.time_zone.as_deref().map_or(Ok(TimeZone::UTC), zone)?,
            note: self.note.unwrap_or_else(|| "No. {number}".to_owned()),
            images: self.images,
            missing_price: self.missing_price,
            shop: Person { user_id: self.shop.user_id, role: Role::Admin, name: self.shop.name },
            statuses: self.statuses,
        };
        ensure!(rules.user_id.contains("{id}"), "user_id must contain {{id}}: without it all users are one");
        let currency = &rules.currency;
        ensure!(
            currency.len() == 3 && currency.bytes().all(|b| b.is_ascii_uppercase()),
            "currency is a code of ISO 4217, such as EUR"
        );
        ensure!(!rules.shop.user_id.is_empty() && rules.shop.user_id != "system", "shop.user_id must name somebody");
        ensure!(!rules.shop.name.trim().is_empty(), "shop.name must say something");
        Ok((rules, self.tables))
    }
}

fn zone(name: &str) -> Result<TimeZone> {
    TimeZone::get(name).map_err(|_| anyhow!("time_zone is not known: {name:?} should be a name such as Europe/Rome"))
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
