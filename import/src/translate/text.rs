//! Converts texts of the old system to valid ones, keeping as much as possible.

use domain::Text;

/// A name or title on one line, cut to `most` characters; `None` if it is empty.
pub(super) fn line(text: Option<&str>, most: usize) -> Option<String> {
    let spaced: String = text?.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let trimmed = spaced.trim();
    if trimmed.is_empty() {
        return None;
    }
    if trimmed.chars().count() <= most {
        return Some(trimmed.to_owned());
    }
    let cut: String = trimmed.chars().take(most - 1).collect();
    Some(format!("{}…", cut.trim_end()))
}

/// A text of several lines, cut to `most` characters; `None` if it is empty.
pub(super) fn lines(text: &str, most: usize) -> Option<String> {
    let clean = clean(text);
    let trimmed = clean.trim();
    if trimmed.is_empty() {
        return None;
    }
    if trimmed.chars().count() <= most {
        return Some(trimmed.to_owned());
    }
    let cut: String = trimmed.chars().take(most - 1).collect();
    Some(format!("{cut}…"))
}

/// The text of a message, split into parts of the maximum length; no part if it is empty.
pub(super) fn bodies(body: &str) -> Vec<String> {
    let characters: Vec<char> = clean(body).chars().collect();
    let parts = characters.chunks(Text::MAX_CHARS).map(|part| part.iter().collect::<String>());
    parts.filter_map(|part| Text::new(part).ok()).map(Text::into_string).collect()
}

/// Replaces every line end by `\n`, and removes all other control characters except tabs.
fn clean(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    text.chars().filter(|c| !c.is_control() || matches!(c, '\t' | '\n')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_text_is_cut_by_characters() {
        let long = "🚗".repeat(300);
        let cut = line(Some(&long), 200).unwrap();
        assert_eq!(cut.chars().count(), 200);
        assert!(cut.ends_with("🚗…"));
        assert_eq!(line(Some(" a\r\nb\0 "), 200).as_deref(), Some("a  b"));
        assert_eq!(line(Some(" \n"), 200), None);
    }

    #[test]
    fn a_long_message_becomes_several() {
        let parts = bodies(&"é".repeat(9_000));
        assert_eq!(parts.iter().map(|part| part.chars().count()).collect::<Vec<_>>(), [4_000, 4_000, 1_000]);
        assert_eq!(bodies("a\r\nb\u{7}"), ["a\nb"]);
        assert!(bodies(" \n ").is_empty());
    }
}
