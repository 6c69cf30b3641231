//! The SQL statements. Each reads a page of orders in the order of their primary key, so a page
//! costs the same at the end of the table as at its start. `docs/importing.md` shows the statements
//! with the usual names.

use super::names::SchemaNames;

/// The statements for a database with these names.
#[derive(Clone, Debug)]
pub(super) struct Queries {
    /// Counts the orders.
    pub(super) count: String,
    /// The first page. Parameter: the number of orders.
    pub(super) first: String,
    /// A later page. Parameters: the key to start after, the number of orders.
    pub(super) next: String,
    /// The conversations and participants of a range of orders. Parameters: the first and the last
    /// key.
    pub(super) participants: Option<String>,
    /// The messages of a range of orders, with one row for each user who has read the message, and
    /// at least one row. Parameters: the first and the last key.
    pub(super) messages: Option<String>,
}

impl Queries {
    pub(super) fn of(found: &SchemaNames) -> Self {
        // `SchemaNames` fails without a table `sales`.
        let sales = found.table("sales").unwrap_or_default();
        let id = found.column("sales", "s", "id");
        let orders = orders(found, &sales);
        Self {
            count: format!("SELECT COUNT(*) FROM {sales}"),
            first: format!("{orders} ORDER BY {id} LIMIT ?"),
            next: format!("{orders} WHERE {id} > ? ORDER BY {id} LIMIT ?"),
            participants: participants(found),
            messages: messages(found),
        }
    }
}

fn orders(found: &SchemaNames, sales: &str) -> String {
    let sale = |ours| found.column("sales", "s", ours);
    let product = |ours| found.column("products", "p", ours);
    let customer = coalesce([found.column("customers", "c", "user"), sale("customer")]);
    let price = coalesce([sale("price"), product("price")]);
    let title =
        coalesce([non_empty(product("title")), joined_by_spaces([product("make"), product("model"), product("year")])]);
    let columns = [
        sale("id"),
        sale("number"),
        customer,
        name(found, "customers", "c"),
        sale("status"),
        sale("currency"),
        sale("note"),
        sale("created"),
        sale("updated"),
        product("sku"),
        title,
        sale("quantity"),
        price,
        product("image"),
    ];
    let mut text = format!("SELECT {} FROM {sales} s", columns.join(", "));
    if let Some(customers) = found.table("customers") {
        let id = found.column("customers", "c", "id");
        text = format!("{text} LEFT JOIN {customers} c ON {id} = {}", sale("customer"));
    }
    if let Some(products) = found.table("products") {
        let id = found.column("products", "p", "id");
        text = format!("{text} LEFT JOIN {products} p ON {id} = {}", sale("product"));
    }
    text
}

/// The tables to select conversations from, and the column with the key of their order. That column
/// is in `conversations`, or `sales` refers to the conversation.
fn conversations(found: &SchemaNames) -> Option<(String, String)> {
    let conversations = found.table("conversations")?;
    let sale = found.column("conversations", "c", "sale");
    if sale != "NULL" {
        return Some((format!("{conversations} c"), sale));
    }
    let (id, link) = (found.column("conversations", "c", "id"), found.column("sales", "s", "conversation"));
    let sales = found.table("sales")?;
    Some((format!("{sales} s JOIN {conversations} c ON {id} = {link}"), found.column("sales", "s", "id")))
}

fn participants(found: &SchemaNames) -> Option<String> {
    let (conversations, sale) = conversations(found)?;
    let id = found.column("conversations", "c", "id");
    let status = found.column("conversations", "c", "status");
    let (user, role, up_to) = (
        found.column("participants", "p", "user"),
        found.column("participants", "p", "role"),
        found.column("participants", "p", "read_up_to"),
    );
    let (users, named) = joined_user(found, "u", &user);
    let theirs = if users.is_empty() { "NULL".to_owned() } else { found.column("users", "u", "role") };
    let join = found.table("participants").map_or(String::new(), |participants| {
        format!(" LEFT JOIN {participants} p ON {} = {id}", found.column("participants", "p", "conversation"))
    });
    let role = coalesce([role, theirs]);
    Some(format!(
        "SELECT {sale}, {id}, {status}, {user}, {named}, {role}, {up_to} \
         FROM {conversations}{join}{users} WHERE {sale} >= ? AND {sale} <= ? ORDER BY {sale}, {id}"
    ))
}

fn messages(found: &SchemaNames) -> Option<String> {
    let ((conversations, sale), messages) = (conversations(found)?, found.table("messages")?);
    let conversation = found.column("conversations", "c", "id");
    let of = |ours| found.column("messages", "m", ours);
    let (users, named) = joined_user(found, "u", &of("sender"));
    let theirs = if users.is_empty() { "NULL".to_owned() } else { found.column("users", "u", "role") };
    let reader = found.column("reads", "r", "user");
    let (readers, reader_named) = joined_user(found, "v", &reader);
    let reader_role = if readers.is_empty() { "NULL".to_owned() } else { found.column("users", "v", "role") };
    let reads = found.table("reads").map_or(String::new(), |reads| {
        let at = found.column("reads", "r", "at");
        let flag = found.column("reads", "r", "flag");
        let at = if at == "NULL" { String::new() } else { format!(" AND {at} IS NOT NULL") };
        let flag = if flag == "NULL" { String::new() } else { format!(" AND {flag} <> 0") };
        format!(" LEFT JOIN {reads} r ON {} = {}{at}{flag}", found.column("reads", "r", "message"), of("id"))
    });
    Some(format!(
        "SELECT {sale}, {conversation}, {}, {}, {named}, {}, {}, {}, {}, {}, {}, {reader}, {reader_named}, {reader_role} \
         FROM {conversations} JOIN {messages} m ON {} = {conversation}{users}{reads}{readers} \
         WHERE {sale} >= ? AND {sale} <= ? ORDER BY {sale}, {conversation}, {}",
        of("id"),
        of("sender"),
        coalesce([of("role"), theirs]),
        of("kind"),
        of("body"),
        of("created"),
        of("edited"),
        deleted(&of),
        of("conversation"),
        of("id"),
    ))
}

/// When the message was deleted. With a flag only, the time of the message counts as that time.
fn deleted(of: &impl Fn(&'static str) -> String) -> String {
    let flag = of("deleted_flag");
    if flag == "NULL" {
        return of("deleted");
    }
    // Not NULL for a deleted message without any time: its text must not be imported.
    let at = coalesce([of("created"), "'1970-01-02'".to_owned()]);
    coalesce([of("deleted"), format!("IF({flag} <> 0, {at}, NULL)")])
}

/// The join that finds the name of the user in `column`, and that name. Without a table of users
/// the join is empty and the name is `NULL`.
fn joined_user(found: &SchemaNames, alias: &str, column: &str) -> (String, String) {
    match found.table("users").filter(|_| column != "NULL") {
        Some(users) => {
            let id = found.column("users", alias, "id");
            (format!(" LEFT JOIN {users} {alias} ON {id} = {column}"), name(found, "users", alias))
        }
        None => (String::new(), "NULL".to_owned()),
    }
}

/// A person's name, from one column or from first and last name.
fn name(found: &SchemaNames, table: &str, alias: &str) -> String {
    let of = |ours| found.column(table, alias, ours);
    coalesce([non_empty(of("name")), joined_by_spaces([of("first"), of("last")])])
}

/// The first part that is not `NULL`. Columns that do not exist are left out.
fn coalesce<const N: usize>(parts: [String; N]) -> String {
    let there: Vec<String> = parts.into_iter().filter(|part| part != "NULL").collect();
    match there.as_slice() {
        [] => "NULL".to_owned(),
        [only] => only.clone(),
        several => format!("COALESCE({})", several.join(", ")),
    }
}

/// The text, or `NULL` if it is empty.
fn non_empty(part: String) -> String {
    if part == "NULL" { part } else { format!("NULLIF({part}, '')") }
}

/// The parts joined by spaces, or `NULL` if all are empty.
fn joined_by_spaces<const N: usize>(parts: [String; N]) -> String {
    let there: Vec<String> = parts.into_iter().filter(|part| part != "NULL").collect();
    if there.is_empty() { "NULL".to_owned() } else { format!("NULLIF(CONCAT_WS(' ', {}), '')", there.join(", ")) }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// The schema that `docs/importing.md` shows.
    fn usual() -> SchemaNames {
        let tables = [
            ("sales", "id saleNumber customerId carId quantity price currency status note createdAt updatedAt"),
            ("customers", "id userId name"),
            ("cars", "id title make model year sku price imageUrl"),
            ("users", "id name role"),
            ("conversations", "id saleId status"),
            ("conversation_participants", "conversationId userId role lastReadAt"),
            ("messages", "id conversationId senderId type content createdAt editedAt deletedAt"),
            ("message_read_status", "messageId userId readAt"),
        ];
        let columns = |text: &str| text.split(' ').map(str::to_owned).collect();
        let there: BTreeMap<_, _> = tables.into_iter().map(|(table, text)| (table.to_owned(), columns(text))).collect();
        SchemaNames::among(&there, &BTreeMap::new()).unwrap()
    }

    #[test]
    fn the_documentation_shows_these_queries() {
        let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let shown = words(include_str!("../../../../docs/importing.md"));
        let queries = Queries::of(&usual());
        for query in [queries.next, queries.participants.unwrap(), queries.messages.unwrap()] {
            assert!(shown.contains(&words(&query)), "docs/importing.md does not show\n{query}");
        }
    }

    #[test]
    fn missing_columns_are_not_queried() {
        let there = BTreeMap::from([(
            "sales".to_owned(),
            ["id", "customerId", "status", "createdAt"].map(str::to_owned).to_vec(),
        )]);
        let queries = Queries::of(&SchemaNames::among(&there, &BTreeMap::new()).unwrap());
        assert!(!queries.next.contains("JOIN"), "{}", queries.next);
        assert!(queries.participants.is_none() && queries.messages.is_none());
    }

    #[test]
    fn a_flag_says_that_a_message_is_deleted() {
        let deleted = |columns: &[&str]| {
            let columns = columns.to_vec();
            super::deleted(&|ours| if columns.contains(&ours) { format!("m.{ours}") } else { "NULL".to_owned() })
        };
        assert_eq!(deleted(&[]), "NULL");
        assert_eq!(deleted(&["deleted"]), "m.deleted");
        let flag = "IF(m.deleted_flag <> 0, COALESCE(m.created, '1970-01-02'), NULL)";
        assert_eq!(deleted(&["created", "deleted_flag"]), flag);
        assert_eq!(deleted(&["created", "deleted", "deleted_flag"]), format!("COALESCE(m.deleted, {flag})"));
        assert_eq!(deleted(&["deleted_flag"]), "IF(m.deleted_flag <> 0, '1970-01-02', NULL)");
    }
}
