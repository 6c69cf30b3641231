#![no_main]
#![doc = "Looks for bytes that `fuzz::keys` fails on."]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::keys(bytes));
