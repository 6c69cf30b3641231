//! The statements. All go along the primary key of the orders, a page at a time: where a page begins costs the same at the
//! end of the table as at its start. `docs/importing.md` shows them with the usual names.

use super::names::SchemaNames;

/// What is asked of a database with these names.
#[derive(Clone, Debug)]
pub(super) struct Queries {
    /// How many orders there are.
    pub(super) count: String,
    /// The first orders: how many.
    pub(super) first: String,
    /// The next orders: behind which, how many.
    pub(super) next: String,
    /// Conversations with who takes part, of the orders from one to another.
    pub(super) participants: Option<String>,
    /// Messages, once for each who has read it, of the orders from one to another.
    pub(super) messages: Option<String>,
}

impl Queries {
    pub(super) fn of(found: &SchemaNames) -> Self {
        // Not there without `sales`: `SchemaNames` sees to that.
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

/// The conversations `c`, and the column that says which order each is about: one of theirs, or by way of the orders.
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
        "SELECT {sale}, {conversation}, {}, {}, {named}, {}, {}, {}, {}, {reader}, {reader_named}, {reader_role} \
         FROM {conversations} JOIN {messages} m ON {} = {conversation}{users}{reads}{readers} \
         WHERE {sale} >= ? AND {sale} <= ? ORDER BY {sale}, {conversation}, {}",
        of("id"),
        of("sender"),
        coalesce([of("role"), theirs]),
        of("kind"),
        of("body"),
        of("created"),
        of("conversation"),
        of("id"),
    ))
}

/// The join that names whoever a column refers to, and their name; nothing where there are no users.
fn joined_user(found: &SchemaNames, alias: &str, column: &str) -> (String, String) {
    match found.table("users").filter(|_| column != "NULL") {
        Some(users) => {
            let id = found.column("users", alias, "id");
            (format!(" LEFT JOIN {users} {alias} ON {id} = {column}"), name(found, "users", alias))
        }
        None => (String::new(), "NULL".to_owned()),
    }
}

/// A name, from one column or from two.
fn name(found: &SchemaNames, table: &str, alias: &str) -> String {
    let of = |ours| found.column(table, alias, ours);
    coalesce([non_empty(of("name")), joined_by_spaces([of("first"), of("last")])])
}

/// The first that is not `NULL`; of columns that are not there nothing is said.
fn coalesce<const N: usize>(parts: [String; N]) -> String {
    let there: Vec<String> = parts.into_iter().filter(|part| part != "NULL").collect();
    match there.as_slice() {
        [] => "NULL".to_owned(),
        [only] => only.clone(),
        several => format!("COALESCE({})", several.join(", ")),
    }
}

/// A text, or `NULL` where it is empty.
fn non_empty(part: String) -> String {
    if part == "NULL" { part } else { format!("NULLIF({part}, '')") }
}

/// Several in a row with spaces between them, or `NULL`.
fn joined_by_spaces<const N: usize>(parts: [String; N]) -> String {
    let there: Vec<String> = parts.into_iter().filter(|part| part != "NULL").collect();
    if there.is_empty() { "NULL".to_owned() } else { format!("NULLIF(CONCAT_WS(' ', {}), '')", there.join(", ")) }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// The old schema as `docs/importing.md` has it.
    fn usual() -> SchemaNames {
        let tables = [
            ("sales", "id saleNumber customerId carId quantity price currency status note createdAt updatedAt"),
            ("customers", "id userId name"),
            ("cars", "id title make model year sku price imageUrl"),
            ("users", "id name role"),
            ("conversations", "id saleId status"),
            ("conversation_participants", "conversationId userId role lastReadAt"),
            ("messages", "id conversationId senderId type content createdAt"),
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
}
