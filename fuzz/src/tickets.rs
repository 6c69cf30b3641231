use domain::Ticket;

/// Whatever is presented as a ticket, what is looked up is a hash of one length without a separator in it, and only the
/// ticket's own text has its hash.
pub fn tickets(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let hash = Ticket::from_client(text).hash();
    assert!(
        hash.len() == 43 && hash.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'-' || it == b'_'),
        "{hash}"
    );
    assert_ne!(hash, text, "what is kept opens nothing");

    let mut secret = [0; 32];
    for (to, from) in secret.iter_mut().zip(bytes) {
        *to = *from;
    }
    let ticket = Ticket::from_random(secret);
    assert_eq!(Ticket::from_client(ticket.secret()).hash(), ticket.hash());
    assert_eq!(hash == ticket.hash(), text == ticket.secret());
    for near in [format!("{} ", ticket.secret()), ticket.secret().to_lowercase(), format!("{}=", ticket.secret())] {
        assert_eq!(Ticket::from_client(&near).hash() == ticket.hash(), near == ticket.secret());
    }
}
