#![no_main]
#![doc = "Looks for bytes that `fuzz::tickets` fails on."]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::tickets(bytes));
