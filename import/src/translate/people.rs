//! Translates the people of the old system, by their keys there.

use std::collections::BTreeMap;

use domain::{Person, Role, cut_name};

use super::{legacy_values, text};
use crate::legacy::{LegacyConversation, LegacyPerson};
use crate::settings::Rules;

/// The people that an order and its conversations name.
pub(super) struct People {
    customer: Person,
    by_id: BTreeMap<String, Person>,
}

impl People {
    /// Collects the people. Fails if the order has no customer, or one whose key cannot become a
    /// user id.
    pub(super) fn of(
        customer: &LegacyPerson,
        conversations: &[LegacyConversation],
        rules: &Rules,
    ) -> Result<Self, String> {
        let id = customer.id.as_deref().map(str::trim).filter(|id| !id.is_empty()).ok_or("it has no customer")?;
        let name = text::line(customer.name.as_deref(), 200).unwrap_or_else(|| format!("Customer {id}"));
        let name = cut_name(name);
        let customer = Person { user_id: user_id(id, rules)?, role: Role::Customer, name };
        let mut by_id = BTreeMap::from([(id.to_owned(), customer.clone())]);
        let senders = conversations.iter().flat_map(|it| &it.messages).filter_map(|message| message.sender.as_ref());
        let participants = conversations.iter().flat_map(|it| &it.participants).map(|it| &it.person);
        let all: Vec<&LegacyPerson> = participants.chain(senders).collect();
        // A person may appear with and without a name. The name, if any, is used everywhere.
        let (named, nameless): (Vec<_>, Vec<_>) = all.into_iter().partition(|person| person.name.is_some());
        for person in named.into_iter().chain(nameless) {
            let Some(id) = person.id.as_deref().map(str::trim).filter(|id| !id.is_empty()) else { continue };
            let Ok(user_id) = user_id(id, rules) else { continue };
            let role = legacy_values::role(person.role.as_deref()).unwrap_or(Role::Admin);
            let name = text::line(person.name.as_deref(), 200).unwrap_or_else(|| match role {
                Role::Customer => format!("Customer {id}"),
                Role::Admin | Role::System => rules.shop.name.clone(),
            });
            by_id.entry(id.to_owned()).or_insert(Person { user_id, role, name: cut_name(name) });
        }
        Ok(Self { customer, by_id })
    }

    /// The customer who placed the order.
    pub(super) fn customer(&self) -> &Person {
        &self.customer
    }

    /// The person with this key.
    pub(super) fn get(&self, id: &str) -> Option<&Person> {
        self.by_id.get(id.trim())
    }

    /// Returns true if the conversation keeps a cursor for this person: admins and the customer.
    pub(super) fn takes_part(&self, person: &Person) -> bool {
        person.is_admin() || *person == self.customer
    }
}

/// The user id: the `sub` of this person's tokens. Fails if it would be empty, too long, reserved,
/// or contain control characters.
fn user_id(id: &str, rules: &Rules) -> Result<String, String> {
    let user_id = rules.user_id.replace("{id}", id);
    if user_id.is_empty() || user_id.len() > 128 || user_id == "system" || user_id.chars().any(char::is_control) {
        return Err(format!("{user_id:?} is not a valid user id"));
    }
    Ok(user_id)
}
