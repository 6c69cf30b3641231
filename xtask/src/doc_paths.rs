//! Checks that every file named in the documents exists.

use std::fs;

use crate::shell::root;

const ENDINGS: [&str; 4] = [".rs", ".toml", ".yaml", ".ts"];

#[test]
fn every_file_named_in_the_docs_exists() {
    let mut named = 0;
    let documents = [root().to_owned(), root().join("docs")].map(|folder| fs::read_dir(folder).unwrap());
    for document in documents.into_iter().flatten() {
        let document = document.unwrap().path();
        if document.extension().is_none_or(|extension| extension != "md") {
            continue;
        }
        let text = fs::read_to_string(&document).unwrap();
        let quoted = text.split('`').filter(|word| ENDINGS.iter().any(|ending| word.ends_with(ending)));
        // A file name without a folder may belong to several files.
        for path in quoted.filter(|word| word.contains('/') && !word.contains([' ', '\n', '*'])) {
            assert!(root().join(path).exists(), "{} names {path}", document.display());
            named += 1;
        }
    }
    assert!(named > 0);
}
