//! What the old tables and columns are called: as configured, or else the first of the usual names that is there.

use std::collections::BTreeMap;

use crate::settings::Names;
use crate::source::Broken;

/// A table as the queries know it, with the names it may have.
struct Table {
    ours: &'static str,
    usual: &'static [&'static str],
    columns: &'static [Column],
}

/// A column, the names it may have, and whether the table is of no use without it.
struct Column(&'static str, &'static [&'static str], Need);

#[derive(Clone, Copy, PartialEq)]
enum Need {
    Must,
    May,
}
use Need::{May, Must};

const SCHEMA: [Table; 8] = [
    Table {
        ours: "sales",
        usual: &["sales", "orders"],
        columns: &[
            Column("id", &["id"], Must),
            Column("number", &["saleNumber", "sale_number", "orderNumber", "order_number", "number", "reference"], May),
            Column("customer", &["customerId", "customer_id", "userId", "user_id", "buyerId", "buyer_id"], Must),
            Column("product", &["carId", "car_id", "productId", "product_id"], May),
            Column("conversation", &["conversationId", "conversation_id"], May),
            Column("quantity", &["quantity", "qty"], May),
            Column("price", &["price", "salePrice", "sale_price", "totalPrice", "total_price", "total", "amount"], May),
            Column("currency", &["currency"], May),
            Column("status", &["status"], Must),
            Column("note", &["note", "notes", "comment"], May),
            Column("created", &["createdAt", "created_at", "saleDate", "sale_date"], Must),
            Column("updated", &["updatedAt", "updated_at"], May),
        ],
    },
    Table {
        ours: "customers",
        usual: &["customers", "users"],
        columns: &[
            Column("id", &["id"], Must),
            Column("user", &["userId", "user_id"], May),
            Column("name", &["name", "fullName", "full_name", "username"], May),
            Column("first", &["firstName", "first_name"], May),
            Column("last", &["lastName", "last_name"], May),
        ],
    },
    Table {
        ours: "products",
        usual: &["cars", "products"],
        columns: &[
            Column("id", &["id"], Must),
            Column("title", &["title", "name"], May),
            Column("make", &["make", "brand", "manufacturer"], May),
            Column("model", &["model"], May),
            Column("year", &["year"], May),
            Column("sku", &["sku", "vin"], May),
            Column("price", &["price"], May),
            Column("image", &["imageUrl", "image_url", "image", "images", "picture", "photo"], May),
        ],
    },
    Table {
        ours: "users",
        usual: &["users"],
        columns: &[
            Column("id", &["id"], Must),
            Column("name", &["name", "fullName", "full_name", "username"], May),
            Column("first", &["firstName", "first_name"], May),
            Column("last", &["lastName", "last_name"], May),
            Column("role", &["role"], May),
        ],
    },
    Table {
        ours: "conversations",
        usual: &["conversations"],
        columns: &[
            Column("id", &["id"], Must),
            Column("sale", &["saleId", "sale_id", "orderId", "order_id"], May),
            Column("status", &["status"], May),
        ],
    },
    Table {
        ours: "participants",
        usual: &["conversation_participants"],
        columns: &[
            Column("conversation", &["conversationId", "conversation_id"], Must),
            Column("user", &["userId", "user_id"], Must),
            Column("role", &["role"], May),
            Column("read_up_to", &["lastReadAt", "last_read_at"], May),
        ],
    },
    Table {
        ours: "messages",
        usual: &["messages"],
        columns: &[
            Column("id", &["id"], Must),
            Column("conversation", &["conversationId", "conversation_id"], Must),
            Column("sender", &["senderId", "sender_id", "userId", "user_id"], Must),
            Column("role", &["senderRole", "sender_role"], May),
            Column("kind", &["type", "messageType", "message_type", "kind"], May),
            Column("body", &["content", "body", "message", "text"], Must),
            Column("created", &["createdAt", "created_at", "sentAt", "sent_at"], May),
        ],
    },
    Table {
        ours: "reads",
        usual: &["message_read_status"],
        columns: &[
            Column("message", &["messageId", "message_id"], Must),
            Column("user", &["userId", "user_id"], Must),
            Column("at", &["readAt", "read_at"], May),
            Column("flag", &["isRead", "is_read"], May),
        ],
    },
];

/// Tables without which there is nothing to bring.
const NEEDED: [&str; 1] = ["sales"];

/// The database's own names, found once.
#[derive(Clone, Debug, Default)]
pub(crate) struct Found {
    tables: BTreeMap<&'static str, (String, BTreeMap<&'static str, String>)>,
}

impl Found {
    /// Finds every table and column among those that the database has, by table.
    pub(super) fn among(there: &BTreeMap<String, Vec<String>>, configured: &Names) -> Result<Self, Broken> {
        let mut found = Self::default();
        for table in &SCHEMA {
            let names = configured.get(table.ours);
            let said = names.and_then(|names| names.get("table")).map(String::as_str);
            if said == Some("") {
                continue;
            }
            let tables: Vec<&str> = there.keys().map(String::as_str).collect();
            let Some(name) = pick(said, &found.likely(table), &tables) else {
                if said.is_some() || NEEDED.contains(&table.ours) {
                    return Err(Broken(format!(
                        "the database has no table {}: name it under [tables.{}] as table",
                        said.unwrap_or(&table.usual.join(" or ")),
                        table.ours
                    )));
                }
                continue;
            };
            let columns: Vec<&str> = there[name].iter().map(String::as_str).collect();
            let mut here = BTreeMap::new();
            for Column(ours, usual, need) in table.columns {
                let said = names.and_then(|names| names.get(*ours)).map(String::as_str);
                if said == Some("") && *need == May {
                    continue;
                }
                match pick(said, usual, &columns) {
                    Some(column) => {
                        here.insert(*ours, column.to_owned());
                    }
                    None if said.is_some() || *need == Must => {
                        return Err(Broken(format!(
                            "the table {name} has no column {}: name it under [tables.{}] as {ours}",
                            said.unwrap_or(&usual.join(" or ")),
                            table.ours
                        )));
                    }
                    None => {}
                }
            }
            found.tables.insert(table.ours, (name.to_owned(), here));
        }
        found.has_its_conversations()?;
        Ok(found)
    }

    /// The usual names of a table, that first which the column of `sales` that refers to it is named after: with a `productId`
    /// it is `products`, also where there are `cars`.
    fn likely(&self, table: &Table) -> Vec<&'static str> {
        let refers = match table.ours {
            "customers" => "customer",
            "products" => "product",
            _ => return table.usual.to_vec(),
        };
        let column = self.tables.get("sales").and_then(|(_, columns)| columns.get(refers));
        let column = column.map(|column| column.to_ascii_lowercase()).unwrap_or_default();
        let mut usual = table.usual.to_vec();
        usual.sort_by_key(|name| !column.starts_with(name.trim_end_matches('s')));
        usual
    }

    /// Conversations that nothing ties to orders would be left behind without a word.
    fn has_its_conversations(&self) -> Result<(), Broken> {
        let Some((name, columns)) = self.tables.get("conversations") else { return Ok(()) };
        if columns.contains_key("sale") || self.tables["sales"].1.contains_key("conversation") {
            return Ok(());
        }
        Err(Broken(format!(
            "neither the table {name} says which order a conversation is about (name the column under [tables.conversations] as \
             sale) nor do the orders (under [tables.sales] as conversation); table = \"\" leaves conversations out"
        )))
    }

    /// A table by our name for it, quoted.
    pub(super) fn table(&self, ours: &str) -> Option<String> {
        self.tables.get(ours).map(|(name, _)| quoted(name))
    }

    /// A column of a table under an alias, quoted; `NULL` where there is none.
    pub(super) fn column(&self, table: &str, alias: &str, ours: &str) -> String {
        let column = self.tables.get(table).and_then(|(_, columns)| columns.get(ours));
        column.map_or("NULL".to_owned(), |column| format!("{alias}.{}", quoted(column)))
    }
}

/// A configuration may name only what there is to name, with what can be a name.
pub(crate) fn check(configured: &Names) -> Result<(), Broken> {
    for (ours, names) in configured {
        let Some(table) = SCHEMA.iter().find(|table| table.ours == ours) else {
            let known: Vec<&str> = SCHEMA.iter().map(|table| table.ours).collect();
            return Err(Broken(format!("[tables.{ours}] is not one of {}", known.join(", "))));
        };
        for (column, name) in names {
            if column != "table" && !table.columns.iter().any(|it| it.0 == column) {
                let known: Vec<&str> = table.columns.iter().map(|it| it.0).collect();
                return Err(Broken(format!("[tables.{ours}] has no {column}, but table, {}", known.join(", "))));
            }
            if name.chars().count() > 64 || name.chars().any(|c| c.is_control() || c == '`') {
                return Err(Broken(format!("{name:?} under [tables.{ours}] cannot be a name")));
            }
        }
    }
    Ok(())
}

/// The configured name if it is there, or the first usual one that is; spelled as the database does.
fn pick<'a>(said: Option<&str>, usual: &[&str], there: &[&'a str]) -> Option<&'a str> {
    let wanted = said.map_or(usual.to_vec(), |said| vec![said]);
    let exactly = |name: &str| there.iter().find(|it| **it == name);
    let roughly = |name: &str| there.iter().find(|it| it.eq_ignore_ascii_case(name));
    wanted.iter().find_map(|name| exactly(name).or_else(|| roughly(name))).copied()
}

fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn there(tables: &[(&str, &str)]) -> BTreeMap<String, Vec<String>> {
        let columns = |text: &str| text.split_whitespace().map(str::to_owned).collect();
        tables.iter().map(|(table, text)| ((*table).to_owned(), columns(text))).collect()
    }

    fn names(toml: &str) -> Names {
        toml::from_str(toml).unwrap()
    }

    #[test]
    fn usual_names_are_found_and_others_are_said() {
        let usual = there(&[("sales", "id Customer_ID status createdAt pr`ice")]);
        let found = Found::among(&usual, &Names::new()).unwrap();
        assert_eq!(found.column("sales", "s", "customer"), "s.`Customer_ID`");
        assert_eq!(found.column("sales", "s", "price"), "NULL");
        assert_eq!(found.table("messages"), None);

        let odd = there(&[("tbl order", "nr who state created; amount")]);
        assert!(Found::among(&odd, &Names::new()).unwrap_err().0.contains("[tables.sales]"));
        let configured = "[sales]\ntable='tbl order'\nid='nr'\ncustomer='who'\nstatus='state'\ncreated='created;'";
        let found = Found::among(&odd, &names(configured)).unwrap();
        assert_eq!(found.table("sales").as_deref(), Some("`tbl order`"));
        assert_eq!(found.column("sales", "s", "created"), "s.`created;`");
        assert!(Found::among(&odd, &names("[sales]\ntable='tbl order'\nid='x'")).unwrap_err().0.contains("column x"));
    }

    #[test]
    fn a_column_says_which_table_it_is_about() {
        let there = there(&[
            ("sales", "id userId productId status createdAt"),
            ("cars", "id"),
            ("products", "id"),
            ("customers", "id"),
            ("users", "id"),
        ]);
        let found = Found::among(&there, &Names::new()).unwrap();
        assert_eq!(found.table("products").as_deref(), Some("`products`"));
        assert_eq!(found.table("customers").as_deref(), Some("`users`"));
    }

    #[test]
    fn conversations_that_belong_to_nothing_are_said() {
        let sales = "id userId status createdAt";
        let loose = there(&[("sales", sales), ("conversations", "id")]);
        assert!(Found::among(&loose, &Names::new()).unwrap_err().0.contains("[tables.sales]"));
        let linked = there(&[("sales", &format!("{sales} conversationId")), ("conversations", "id")]);
        assert!(Found::among(&linked, &Names::new()).is_ok());
    }

    #[test]
    fn only_names_there_are_to_name() {
        for wrong in ["[cars]\ntable='x'", "[sales]\ncolour='x'", "[sales]\nprice='a`b'", "[sales]\nprice='a\\u0000'"] {
            let names: Names = toml::from_str(&wrong.replace('\'', "\"")).unwrap();
            assert!(check(&names).is_err(), "{wrong}");
        }
    }
}
