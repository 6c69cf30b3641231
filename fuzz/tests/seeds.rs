//! Runs every check on every seed, and on up to 64 prefixes of each seed, because input can be cut
//! off anywhere.

use std::fs;
use std::path::Path;

fn each_seed(name: &str, check: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds").join(name);
    let mut seeds = 0;
    for seed in fs::read_dir(&folder).expect("a folder of seeds") {
        let bytes = fs::read(seed.expect("a seed").path()).expect("a file");
        check(&bytes);
        for end in (0..bytes.len()).step_by(bytes.len() / 64 + 1) {
            check(&bytes[..end]);
        }
        seeds += 1;
    }
    assert!(seeds > 3, "{seeds} seeds in {}", folder.display());
}

#[test]
fn frames() {
    each_seed("frames", fuzz::frames);
}

#[test]
fn bodies() {
    each_seed("bodies", fuzz::bodies);
}

#[test]
fn cursors() {
    each_seed("cursors", fuzz::cursors);
}

#[test]
fn tickets() {
    each_seed("tickets", fuzz::tickets);
}

#[test]
fn keys() {
    each_seed("keys", fuzz::keys);
}
