#![no_main]
#![doc = "Looks for bytes that `fuzz::frames` fails on."]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::frames(bytes));
