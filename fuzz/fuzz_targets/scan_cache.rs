//! The scan cache: a whole file, or changes of a good one.
#![no_main]
#![expect(clippy::disallowed_methods, reason = "the macro opens the file that the fuzzer names")]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    token_matters_fuzz::scan_cache(bytes);
});
