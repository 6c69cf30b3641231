//! The shop that is to move here: its tables as Sequelize made them, and rows of every shape that twenty years of
//! use leave behind.

use std::fmt::Write as _;

use crate::mariadb::Database;

/// The tables, with the usual names.
pub const SCHEMA: &[&str] = &[
    "CREATE TABLE users (id INT PRIMARY KEY, name VARCHAR(255), email VARCHAR(255), role VARCHAR(20))",
    "CREATE TABLE customers (id INT PRIMARY KEY, userId INT, name VARCHAR(255))",
    "CREATE TABLE cars (id INT PRIMARY KEY, title VARCHAR(400), make VARCHAR(50), model VARCHAR(50), year INT, \
     price DECIMAL(12,2), imageUrl TEXT)",
    "CREATE TABLE sales (id INT PRIMARY KEY AUTO_INCREMENT, saleNumber VARCHAR(40), customerId INT, carId INT, \
     price DECIMAL(14,4), status VARCHAR(40), notes TEXT, createdAt DATETIME(3) NOT NULL, \
     updatedAt DATETIME(3) NOT NULL)",
    "CREATE TABLE conversations (id INT PRIMARY KEY AUTO_INCREMENT, saleId INT, status VARCHAR(20), KEY (saleId))",
    "CREATE TABLE conversation_participants (id INT PRIMARY KEY AUTO_INCREMENT, conversationId INT, userId INT, \
     lastReadAt DATETIME(3) NULL, KEY (conversationId))",
    "CREATE TABLE messages (id INT PRIMARY KEY AUTO_INCREMENT, conversationId INT, senderId INT, type VARCHAR(20), \
     content TEXT, createdAt DATETIME(3) NOT NULL, KEY (conversationId))",
    "CREATE TABLE message_read_status (id INT PRIMARY KEY AUTO_INCREMENT, messageId INT, userId INT, \
     readAt DATETIME(3) NULL, KEY (messageId))",
];

/// What an order of the old shop is like; every number of orders has each of them in turn.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Shape {
    /// Nothing was ever said.
    Silent,
    /// A conversation, partly read.
    Talk,
    /// Its customer is not known at all.
    NoCustomer,
    /// Its customer's row is gone.
    LostCustomer,
    /// No price of its own.
    NoPrice,
    /// No price anywhere.
    Priceless,
    /// A status nobody ever heard of.
    OddStatus,
    /// A status in an odd spelling.
    LoudStatus,
    /// Placed on a day that is none.
    ZeroDate,
    /// Neither placed nor changed.
    NoDate,
    /// A title of 300 characters that are no ASCII.
    LongTitle,
    /// Two conversations that should be one.
    Twice,
    /// Messages that are very long, or empty, or nobody's.
    OddMessages,
    /// A message of a day that is none.
    ZeroDateMessage,
    /// What the old system said itself.
    SystemMessages,
    /// Put away.
    Archived,
    /// Over.
    Closed,
    /// Money for taking it.
    Negative,
    /// More decimals than money has.
    Decimals,
}

impl Shape {
    /// All of them, in the order in which they come.
    pub const ALL: [Self; 19] = [
        Self::Silent,
        Self::Talk,
        Self::NoCustomer,
        Self::LostCustomer,
        Self::NoPrice,
        Self::Priceless,
        Self::OddStatus,
        Self::LoudStatus,
        Self::ZeroDate,
        Self::NoDate,
        Self::LongTitle,
        Self::Twice,
        Self::OddMessages,
        Self::ZeroDateMessage,
        Self::SystemMessages,
        Self::Archived,
        Self::Closed,
        Self::Negative,
        Self::Decimals,
    ];

    /// That of an order by its id.
    pub fn of(id: u32) -> Self {
        Self::ALL[(id as usize - 1) % Self::ALL.len()]
    }

    /// Whether it cannot come along.
    pub fn is_refused(self) -> bool {
        use Shape::{Decimals, Negative, NoCustomer, NoDate, OddStatus, Priceless};
        matches!(self, NoCustomer | Priceless | OddStatus | NoDate | Negative | Decimals)
    }
}

/// How many customers there are: `user 1` to this.
const CUSTOMERS: u32 = 5;
/// The admins' keys.
pub const ADMINS: [u32; 2] = [91, 92];

/// The user id of an order's customer.
pub fn customer(id: u32) -> String {
    match Shape::of(id) {
        Shape::LostCustomer => "777".to_owned(),
        _ => user(id).to_string(),
    }
}

fn user(id: u32) -> u32 {
    id % CUSTOMERS + 1
}

/// Makes the tables and fills them with orders 1 to `orders`.
pub async fn fill(database: &mut Database, orders: u32) {
    for statement in SCHEMA {
        database.run(statement).await;
    }
    let mut people = Vec::new();
    for user in 1..=CUSTOMERS {
        people.push(format!("({user}, 'Zoë {user} 🚗', 'customer')"));
        database.run(&format!("INSERT INTO customers VALUES ({}, {user}, 'Zoë {user} 🚗')", user + 100)).await;
    }
    people.extend(ADMINS.map(|admin| format!("({admin}, 'Admin {admin}', 'admin')")));
    database.run(&format!("INSERT INTO users (id, name, role) VALUES {}", people.join(","))).await;
    let long = "Ünïcödé🚙".repeat(40).chars().take(300).collect::<String>();
    database.run(&format!("INSERT INTO cars VALUES (1, NULL, 'Škoda', 'Octavia', 2011, 9900.50, '[\"https://cars.example/1.jpg\"]'), (2, '{long}', NULL, NULL, NULL, 100, 'not a picture')")).await;
    for id in 1..=orders {
        add(database, id).await;
    }
}

/// Adds one order of the shape that it has by its id.
pub async fn add(database: &mut Database, id: u32) {
    let shape = Shape::of(id);
    let (user, at) = (user(id), format!("2021-03-04 05:{:02}:{:02}.120", id / 60 % 60, id % 60));
    let zero = "0000-00-00 00:00:00".to_owned();
    let customer = match shape {
        Shape::NoCustomer => "NULL".to_owned(),
        Shape::LostCustomer => "777".to_owned(),
        _ => (user + 100).to_string(),
    };
    let (car, price) = match shape {
        Shape::NoPrice => ("1", "NULL"),
        Shape::Priceless => ("NULL", "NULL"),
        Shape::LongTitle => ("2", "100"),
        Shape::Negative => ("1", "-5"),
        Shape::Decimals => ("1", "12.345"),
        _ => ("1", "12345.60"),
    };
    let status = match shape {
        Shape::OddStatus => "??",
        Shape::LoudStatus => " COMPLETED",
        Shape::SystemMessages => "confirmed",
        _ => "pending",
    };
    let created = if matches!(shape, Shape::ZeroDate | Shape::NoDate) { &zero } else { &at };
    let updated = if shape == Shape::NoDate { &zero } else { &at };
    database.run(&format!("INSERT INTO sales VALUES ({id}, 'S-{id}', {customer}, {car}, {price}, '{status}', NULL, '{created}', '{updated}')")).await;
    let admin = ADMINS[id as usize % 2];
    match shape {
        Shape::Talk | Shape::Archived | Shape::Closed => {
            let status = match shape {
                Shape::Archived => "archived",
                Shape::Closed => "closed",
                _ => "active",
            };
            let talk = conversation(database, id * 10, id, status, user, admin).await;
            for n in 0..6 {
                let from = if n % 2 == 0 { user } else { admin };
                say(database, id * 100 + n, talk, from, "text", &format!("message {n} 😀"), Some(n)).await;
            }
            read(database, id * 100, admin).await;
            read(database, id * 100 + 1, user).await;
            read(database, id * 100 + 3, user).await;
        }
        Shape::Twice => {
            let one = conversation(database, id * 10, id, "archived", user, admin).await;
            let other = conversation(database, id * 10 + 1, id, "active", user, admin).await;
            for n in 0..6 {
                let talk = if n % 2 == 0 { one } else { other };
                say(database, id * 100 + n, talk, user, "text", &format!("message {n}"), Some(n)).await;
            }
        }
        Shape::OddMessages => {
            let talk = conversation(database, id * 10, id, "active", user, admin).await;
            say(database, id * 100, talk, user, "text", &"ß".repeat(9_000), Some(0)).await;
            say(database, id * 100 + 1, talk, user, "text", " ", Some(1)).await;
            say(database, id * 100 + 2, talk, 0, "text", "whose?", Some(2)).await;
            say(database, id * 100 + 3, talk, admin, "text", "one\r\ntwo", Some(3)).await;
        }
        Shape::ZeroDateMessage => {
            let talk = conversation(database, id * 10, id, "active", user, admin).await;
            say(database, id * 100, talk, user, "text", "first", Some(1)).await;
            say(database, id * 100 + 1, talk, user, "text", "when?", None).await;
            say(database, id * 100 + 2, talk, user, "text", "last", Some(2)).await;
        }
        Shape::SystemMessages => {
            let talk = conversation(database, id * 10, id, "active", user, admin).await;
            say(database, id * 100, talk, 0, "system", "Order created", Some(0)).await;
            say(database, id * 100 + 1, talk, user, "text", "please", Some(1)).await;
            say(database, id * 100 + 2, talk, admin, "system", "Status: pending → confirmed", Some(2)).await;
        }
        _ => {}
    }
}

async fn conversation(database: &mut Database, id: u32, sale: u32, status: &str, user: u32, admin: u32) -> u32 {
    database.run(&format!("INSERT INTO conversations VALUES ({id}, {sale}, '{status}')")).await;
    let both = format!("({id}, {user}), ({id}, {admin})");
    database.run(&format!("INSERT INTO conversation_participants (conversationId, userId) VALUES {both}")).await;
    id
}

/// Says something, `minute` minutes after six o'clock, or at no time at all; 0 is nobody.
pub async fn say(database: &mut Database, id: u32, talk: u32, from: u32, kind: &str, text: &str, minute: Option<u32>) {
    let from = if from == 0 { "NULL".to_owned() } else { from.to_string() };
    let mut at = "0000-00-00 00:00:00".to_owned();
    if let Some(minute) = minute {
        at.clear();
        let _ = write!(at, "2021-03-04 {:02}:{:02}:00", 6 + minute / 60, minute % 60);
    }
    database.run(&format!("INSERT INTO messages VALUES ({id}, {talk}, {from}, '{kind}', '{text}', '{at}')")).await;
}

/// Somebody has read a message.
pub async fn read(database: &mut Database, message: u32, user: u32) {
    let row = format!("({message}, {user}, '2021-03-05 00:00:00')");
    database.run(&format!("INSERT INTO message_read_status (messageId, userId, readAt) VALUES {row}")).await;
}
