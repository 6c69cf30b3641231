#![no_main]
#![doc = "Looks for bytes that `fuzz::bodies` fails on."]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::bodies(bytes));
