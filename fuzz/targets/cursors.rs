#![no_main]
#![doc = "Looks for bytes that `fuzz::cursors` fails on."]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::cursors(bytes));
