//! The bytes of one file, read as a log of every source.
#![no_main]
#![expect(clippy::disallowed_methods, reason = "the macro opens the file that the fuzzer names")]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    token_matters_fuzz::adapters(bytes);
});
