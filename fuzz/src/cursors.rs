use domain::{Position, Role};
use protocol::{Code, PageCursor};

/// Checks that a page cursor is accepted only for its own caller and query, and only in its exact
/// spelling.
///
/// The first line of the input is a cursor, the second a position. The position is there because a
/// fuzzer cannot guess the cursor's digest.
pub fn cursors(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let (cursor, position) = super::split_at_line_break(text);
    let own = PageCursor::of(&super::person("anna", Role::Customer), "inbox", &"active");
    match own.parse(cursor) {
        Ok(position) => assert_eq!(own.encode(&position), cursor),
        Err(problem) => {
            assert_eq!(problem.code, Code::InvalidCursor);
            super::check_problem(&problem);
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
        assert!(PageCursor::of(&super::person(user_id, role), list, &filter).parse(&cursor).is_err());
    }
    for at in 0..cursor.len() {
        let other = if cursor.as_bytes()[at] == b'A' { "B" } else { "A" };
        let mangled = format!("{}{other}{}", &cursor[..at], &cursor[at + 1..]);
        assert!(own.parse(&mangled).is_err(), "{mangled} for {cursor}");
        assert!(own.parse(&cursor[..at]).is_err() && own.parse(&cursor[at + 1..]).is_err(), "a part of {cursor}");
    }
}
