//! The bytes of an answer in any protocol and encoding.
#![no_main]
#![expect(clippy::disallowed_methods, reason = "the macro opens the file that the fuzzer names")]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    proxy::fuzz_support::meter(bytes);
});
