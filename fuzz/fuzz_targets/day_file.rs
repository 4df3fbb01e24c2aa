//! The bytes of a file in the store: a day, a day of version 1.x, or limits.
#![no_main]
#![expect(clippy::disallowed_methods, reason = "the macro opens the file that the fuzzer names")]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    token_matters_fuzz::day_file(bytes);
});
