//! The statements. All go along the primary key of the orders, a page at a time: where a page begins costs the same at the
//! end of the table as at its start. `docs/importing.md` shows them with the usual names.

use super::names::Found;

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
    pub(super) fn of(found: &Found) -> Self {
        // Not there without `sales`: `Found` sees to that.
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

fn orders(found: &Found, sales: &str) -> String {
    let sale = |ours| found.column("sales", "s", ours);
    let product = |ours| found.column("products", "p", ours);
    let customer = format!("COALESCE({}, {})", found.column("customers", "c", "user"), sale("customer"));
    let price = format!("COALESCE({}, {})", sale("price"), product("price"));
    let title = format!(
        "COALESCE(NULLIF({}, ''), NULLIF(CONCAT_WS(' ', {}, {}, {}), ''))",
        product("title"),
        product("make"),
        product("model"),
        product("year"),
    );
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

fn participants(found: &Found) -> Option<String> {
    let conversations = found.table("conversations")?;
    let sale = found.column("conversations", "c", "sale");
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
    Some(format!(
        "SELECT {sale}, {id}, {status}, {user}, {named}, COALESCE({role}, {theirs}), {up_to} \
         FROM {conversations} c{join}{users} WHERE {sale} >= ? AND {sale} <= ? ORDER BY {sale}, {id}"
    ))
}

fn messages(found: &Found) -> Option<String> {
    let (conversations, messages) = (found.table("conversations")?, found.table("messages")?);
    let sale = found.column("conversations", "c", "sale");
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
        "SELECT {sale}, {conversation}, {}, {}, {named}, COALESCE({}, {theirs}), {}, {}, {}, {reader}, {reader_named}, {reader_role} \
         FROM {conversations} c JOIN {messages} m ON {} = {conversation}{users}{reads}{readers} \
         WHERE {sale} >= ? AND {sale} <= ? ORDER BY {sale}, {conversation}, {}",
        of("id"),
        of("sender"),
        of("role"),
        of("kind"),
        of("body"),
        of("created"),
        of("conversation"),
        of("id"),
    ))
}

/// The join that names whoever a column refers to, and their name; nothing where there are no users.
fn joined_user(found: &Found, alias: &str, column: &str) -> (String, String) {
    match found.table("users").filter(|_| column != "NULL") {
        Some(users) => {
            let id = found.column("users", alias, "id");
            (format!(" LEFT JOIN {users} {alias} ON {id} = {column}"), name(found, "users", alias))
        }
        None => (String::new(), "NULL".to_owned()),
    }
}

/// A name, from one column or from two.
fn name(found: &Found, table: &str, alias: &str) -> String {
    let of = |ours| found.column(table, alias, ours);
    format!("COALESCE(NULLIF({}, ''), NULLIF(CONCAT_WS(' ', {}, {}), ''))", of("name"), of("first"), of("last"))
}
