use domain::{Position, Role};
use protocol::{Code, PageCursor};

/// A cursor is one of this caller's and this query's, in the one spelling it has, or it is refused.
///
/// The first line is a cursor; the second is a position, since nobody guesses a digest.
pub fn cursors(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let (cursor, position) = super::two(text);
    let own = PageCursor::of(&super::somebody("anna", Role::Customer), "inbox", &"active");
    match own.parse(cursor) {
        Ok(position) => assert_eq!(own.encode(&position), cursor),
        Err(problem) => {
            assert_eq!(problem.code, Code::InvalidCursor);
            super::is_an_answer(&problem);
        }
    }

    let Ok(position) = position.parse::<Position>() else { return };
    let cursor = own.encode(&position);
    assert_eq!(own.parse(&cursor), Ok(position));
    for (user_id, role, list, filter) in [
        ("annb", Role::Customer, "inbox", "active"),
        ("anna", Role::Admin, "inbox", "active"),
        ("anna", Role::Customer, "my-orders", "active"),
        ("anna", Role::Customer, "inbox", "closed"),
    ] {
        assert!(PageCursor::of(&super::somebody(user_id, role), list, &filter).parse(&cursor).is_err());
    }
    for at in 0..cursor.len() {
        let other = if cursor.as_bytes()[at] == b'A' { "B" } else { "A" };
        let mangled = format!("{}{other}{}", &cursor[..at], &cursor[at + 1..]);
        assert!(own.parse(&mangled).is_err(), "{mangled} for {cursor}");
        assert!(own.parse(&cursor[..at]).is_err() && own.parse(&cursor[at + 1..]).is_err(), "a part of {cursor}");
    }
}
