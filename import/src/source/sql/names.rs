//! What the old tables and columns are called: as configured, or else the first of the usual names that is there.

use std::collections::BTreeMap;

use crate::settings::Names;
use crate::source::SourceError;

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
    Required,
    Optional,
}
use Need::{Optional, Required};

const SCHEMA: [Table; 8] = [
    Table {
        ours: "sales",
        usual: &["sales", "orders"],
        columns: &[
            Column("id", &["id"], Required),
            Column(
                "number",
                &["saleNumber", "sale_number", "orderNumber", "order_number", "number", "reference"],
                Optional,
            ),
            Column("customer", &["customerId", "customer_id", "userId", "user_id", "buyerId", "buyer_id"], Required),
            Column("product", &["carId", "car_id", "productId", "product_id"], Optional),
            Column("conversation", &["conversationId", "conversation_id"], Optional),
            Column("quantity", &["quantity", "qty"], Optional),
            Column(
                "price",
                &["price", "salePrice", "sale_price", "totalPrice", "total_price", "total", "amount"],
                Optional,
            ),
            Column("currency", &["currency"], Optional),
            Column("status", &["status"], Required),
            Column("note", &["note", "notes", "comment"], Optional),
            Column("created", &["createdAt", "created_at", "saleDate", "sale_date"], Required),
            Column("updated", &["updatedAt", "updated_at"], Optional),
        ],
    },
    Table {
        ours: "customers",
        usual: &["customers", "users"],
        columns: &[
            Column("id", &["id"], Required),
            Column("user", &["userId", "user_id"], Optional),
            Column("name", &["name", "fullName", "full_name", "username"], Optional),
            Column("first", &["firstName", "first_name"], Optional),
            Column("last", &["lastName", "last_name"], Optional),
        ],
    },
    Table {
        ours: "products",
        usual: &["cars", "products"],
        columns: &[
            Column("id", &["id"], Required),
            Column("title", &["title", "name"], Optional),
            Column("make", &["make", "brand", "manufacturer"], Optional),
            Column("model", &["model"], Optional),
            Column("year", &["year"], Optional),
            Column("sku", &["sku", "vin"], Optional),
            Column("price", &["price"], Optional),
            Column("image", &["imageUrl", "image_url", "image", "images", "picture", "photo"], Optional),
        ],
    },
    Table {
        ours: "users",
        usual: &["users"],
        columns: &[
            Column("id", &["id"], Required),
            Column("name", &["name", "fullName", "full_name", "username"], Optional),
            Column("first", &["firstName", "first_name"], Optional),
            Column("last", &["lastName", "last_name"], Optional),
            Column("role", &["role"], Optional),
        ],
    },
    Table {
        ours: "conversations",
        usual: &["conversations"],
        columns: &[
            Column("id", &["id"], Required),
            Column("sale", &["saleId", "sale_id", "orderId", "order_id"], Optional),
            Column("status", &["status"], Optional),
        ],
    },
    Table {
        ours: "participants",
        usual: &["conversation_participants"],
        columns: &[
            Column("conversation", &["conversationId", "conversation_id"], Required),
            Column("user", &["userId", "user_id"], Required),
            Column("role", &["role"], Optional),
            Column("read_up_to", &["lastReadAt", "last_read_at"], Optional),
        ],
    },
    Table {
        ours: "messages",
        usual: &["messages"],
        columns: &[
            Column("id", &["id"], Required),
            Column("conversation", &["conversationId", "conversation_id"], Required),
            Column("sender", &["senderId", "sender_id", "userId", "user_id"], Required),
            Column("role", &["senderRole", "sender_role"], Optional),
            Column("kind", &["type", "messageType", "message_type", "kind"], Optional),
            Column("body", &["content", "body", "message", "text"], Required),
            Column("created", &["createdAt", "created_at", "sentAt", "sent_at"], Optional),
        ],
    },
    Table {
        ours: "reads",
        usual: &["message_read_status"],
        columns: &[
            Column("message", &["messageId", "message_id"], Required),
            Column("user", &["userId", "user_id"], Required),
            Column("at", &["readAt", "read_at"], Optional),
            Column("flag", &["isRead", "is_read"], Optional),
        ],
    },
];

/// Tables without which there is nothing to bring.
const NEEDED: [&str; 1] = ["sales"];

/// The names of tables and columns in this database.
#[derive(Clone, Debug, Default)]
pub(crate) struct SchemaNames {
    tables: BTreeMap<&'static str, (String, BTreeMap<&'static str, String>)>,
}

impl SchemaNames {
    /// Finds every table and column among those that the database has, by table.
    pub(super) fn among(there: &BTreeMap<String, Vec<String>>, configured: &Names) -> Result<Self, SourceError> {
        let mut found = Self::default();
        for table in &SCHEMA {
            let names = configured.get(table.ours);
            let configured_name = names.and_then(|names| names.get("table")).map(String::as_str);
            if configured_name == Some("") {
                continue;
            }
            let tables: Vec<&str> = there.keys().map(String::as_str).collect();
            let Some(name) = pick(configured_name, &found.likely(table), &tables) else {
                if configured_name.is_some() || NEEDED.contains(&table.ours) {
                    return Err(SourceError(format!(
                        "the database has no table {}: name it under [tables.{}] as table",
                        configured_name.unwrap_or(&table.usual.join(" or ")),
                        table.ours
                    )));
                }
                continue;
            };
            let columns: Vec<&str> = there[name].iter().map(String::as_str).collect();
            let mut here = BTreeMap::new();
            for Column(ours, usual, need) in table.columns {
                let configured_name = names.and_then(|names| names.get(*ours)).map(String::as_str);
                if configured_name == Some("") && *need == Optional {
                    continue;
                }
                match pick(configured_name, usual, &columns) {
                    Some(column) => {
                        here.insert(*ours, column.to_owned());
                    }
                    None if configured_name.is_some() || *need == Required => {
                        return Err(SourceError(format!(
                            "the table {name} has no column {}: name it under [tables.{}] as {ours}",
                            configured_name.unwrap_or(&usual.join(" or ")),
                            table.ours
                        )));
                    }
                    None => {}
                }
            }
            found.tables.insert(table.ours, (name.to_owned(), here));
        }
        found.check_conversation_link()?;
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
    fn check_conversation_link(&self) -> Result<(), SourceError> {
        let Some((name, columns)) = self.tables.get("conversations") else { return Ok(()) };
        if columns.contains_key("sale") || self.tables["sales"].1.contains_key("conversation") {
            return Ok(());
        }
        Err(SourceError(format!(
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
pub(crate) fn check(configured: &Names) -> Result<(), SourceError> {
    for (ours, names) in configured {
        let Some(table) = SCHEMA.iter().find(|table| table.ours == ours) else {
            let known: Vec<&str> = SCHEMA.iter().map(|table| table.ours).collect();
            return Err(SourceError(format!("[tables.{ours}] is not one of {}", known.join(", "))));
        };
        for (column, name) in names {
            if column != "table" && !table.columns.iter().any(|it| it.0 == column) {
                let known: Vec<&str> = table.columns.iter().map(|it| it.0).collect();
                return Err(SourceError(format!("[tables.{ours}] has no {column}, but table, {}", known.join(", "))));
            }
            if name.chars().count() > 64 || name.chars().any(|c| c.is_control() || c == '`') {
                return Err(SourceError(format!("{name:?} under [tables.{ours}] cannot be a name")));
            }
        }
    }
    Ok(())
}

/// The configured name if it is there, or the first usual one that is; spelled as the database does.
fn pick<'a>(configured_name: Option<&str>, usual: &[&str], there: &[&'a str]) -> Option<&'a str> {
    let wanted = configured_name.map_or(usual.to_vec(), |configured_name| vec![configured_name]);
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
    fn usual_names_are_found_and_missing_names_reported() {
        let usual = there(&[("sales", "id Customer_ID status createdAt pr`ice")]);
        let found = SchemaNames::among(&usual, &Names::new()).unwrap();
        assert_eq!(found.column("sales", "s", "customer"), "s.`Customer_ID`");
        assert_eq!(found.column("sales", "s", "price"), "NULL");
        assert_eq!(found.table("messages"), None);

        let odd = there(&[("tbl order", "nr who state created; amount")]);
        assert!(SchemaNames::among(&odd, &Names::new()).unwrap_err().0.contains("[tables.sales]"));
        let configured = "[sales]\ntable='tbl order'\nid='nr'\ncustomer='who'\nstatus='state'\ncreated='created;'";
        let found = SchemaNames::among(&odd, &names(configured)).unwrap();
        assert_eq!(found.table("sales").as_deref(), Some("`tbl order`"));
        assert_eq!(found.column("sales", "s", "created"), "s.`created;`");
        assert!(
            SchemaNames::among(&odd, &names("[sales]\ntable='tbl order'\nid='x'")).unwrap_err().0.contains("column x")
        );
    }

    #[test]
    fn a_column_name_identifies_its_table() {
        let there = there(&[
            ("sales", "id userId productId status createdAt"),
            ("cars", "id"),
            ("products", "id"),
            ("customers", "id"),
            ("users", "id"),
        ]);
        let found = SchemaNames::among(&there, &Names::new()).unwrap();
        assert_eq!(found.table("products").as_deref(), Some("`products`"));
        assert_eq!(found.table("customers").as_deref(), Some("`users`"));
    }

    #[test]
    fn conversations_without_a_link_to_orders_are_an_error() {
        let sales = "id userId status createdAt";
        let loose = there(&[("sales", sales), ("conversations", "id")]);
        assert!(SchemaNames::among(&loose, &Names::new()).unwrap_err().0.contains("[tables.sales]"));
        let linked = there(&[("sales", &format!("{sales} conversationId")), ("conversations", "id")]);
        assert!(SchemaNames::among(&linked, &Names::new()).is_ok());
    }

    #[test]
    fn unknown_names_are_rejected() {
        for wrong in ["[cars]\ntable='x'", "[sales]\ncolour='x'", "[sales]\nprice='a`b'", "[sales]\nprice='a\\u0000'"] {
            let names: Names = toml::from_str(&wrong.replace('\'', "\"")).unwrap();
            assert!(check(&names).is_err(), "{wrong}");
        }
    }
}
