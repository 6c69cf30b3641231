//! Finds the names of the old tables and columns: the configured name, otherwise the first usual
//! name that exists.

use std::collections::BTreeMap;

use crate::settings::Names;
use crate::source::SourceError;

/// A table under the name the queries use, with its usual names in an old database.
struct Table {
    ours: &'static str,
    usual: &'static [&'static str],
    columns: &'static [Column],
}

/// A column, its usual names, and whether the table can be used without it.
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
            Column("edited", &["editedAt", "edited_at"], Optional),
            Column("deleted", &["deletedAt", "deleted_at"], Optional),
            Column("deleted_flag", &["isDeleted", "is_deleted", "deleted"], Optional),
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

/// Tables that must exist.
const REQUIRED_TABLES: [&str; 1] = ["sales"];

/// The names that the tables and columns have in this database, by our names for them.
#[derive(Clone, Debug, Default)]
pub(crate) struct SchemaNames {
    tables: BTreeMap<&'static str, (String, BTreeMap<&'static str, String>)>,
}

impl SchemaNames {
    /// Finds the names among the tables and columns that the database has. Fails if a configured
    /// name does not exist, or if no name of a required table or column exists.
    pub(super) fn among(existing: &BTreeMap<String, Vec<String>>, configured: &Names) -> Result<Self, SourceError> {
        let mut found = Self::default();
        for table in &SCHEMA {
            let names = configured.get(table.ours);
            let configured_name = names.and_then(|names| names.get("table")).map(String::as_str);
            if configured_name == Some("") {
                continue;
            }
            let tables: Vec<&str> = existing.keys().map(String::as_str).collect();
            let Some(name) = pick(configured_name, &found.likely(table), &tables) else {
                if configured_name.is_some() || REQUIRED_TABLES.contains(&table.ours) {
                    return Err(SourceError(format!(
                        "the database has no table {}: set `table` under [tables.{}]",
                        configured_name.unwrap_or(&table.usual.join(" or ")),
                        table.ours
                    )));
                }
                continue;
            };
            let columns: Vec<&str> = existing[name].iter().map(String::as_str).collect();
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
                            "the table {name} has no column {}: set `{ours}` under [tables.{}]",
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

    /// The usual names of a table, with the most likely one first. The column of `sales` that
    /// refers to the table tells which: with a `productId` it is `products`, even if there is a
    /// table `cars`.
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

    /// Fails if no column connects conversations to orders. Otherwise conversations would be left
    /// out without a notice.
    fn check_conversation_link(&self) -> Result<(), SourceError> {
        let Some((_, columns)) = self.tables.get("conversations") else { return Ok(()) };
        if columns.contains_key("sale") || self.tables["sales"].1.contains_key("conversation") {
            return Ok(());
        }
        Err(SourceError(
            "no column connects conversations to orders: set `sale` under [tables.conversations] or `conversation` under \
             [tables.sales]; to leave conversations out, set table = \"\" under [tables.conversations]"
                .to_owned(),
        ))
    }

    /// The quoted name of a table.
    pub(super) fn table(&self, ours: &str) -> Option<String> {
        self.tables.get(ours).map(|(name, _)| quoted(name))
    }

    /// A column of a table under an alias, quoted; `NULL` if the column does not exist.
    pub(super) fn column(&self, table: &str, alias: &str, ours: &str) -> String {
        let column = self.tables.get(table).and_then(|(_, columns)| columns.get(ours));
        column.map_or("NULL".to_owned(), |column| format!("{alias}.{}", quoted(column)))
    }
}

/// Checks the configured names: each must belong to a known table and column and be a valid MySQL
/// name.
pub(crate) fn check(configured: &Names) -> Result<(), SourceError> {
    for (ours, names) in configured {
        let Some(table) = SCHEMA.iter().find(|table| table.ours == ours) else {
            let known: Vec<&str> = SCHEMA.iter().map(|table| table.ours).collect();
            return Err(SourceError(format!("[tables.{ours}] is unknown: use one of {}", known.join(", "))));
        };
        for (column, name) in names {
            if column != "table" && !table.columns.iter().any(|it| it.0 == column) {
                let known: Vec<&str> = table.columns.iter().map(|it| it.0).collect();
                return Err(SourceError(format!(
                    "[tables.{ours}] has no {column}: use one of table, {}",
                    known.join(", ")
                )));
            }
            if name.chars().count() > 64 || name.chars().any(|c| c.is_control() || c == '`') {
                return Err(SourceError(format!("{name:?} under [tables.{ours}] is not a valid name")));
            }
        }
    }
    Ok(())
}

/// The configured name, otherwise the first usual name, if it exists. An exact match comes before
/// one in another case; the result is spelled as in the database.
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
